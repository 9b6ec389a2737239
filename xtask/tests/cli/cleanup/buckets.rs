//! Whose buckets are cleaned, and what is said of the others.

use super::*;

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_a_remark() {
    let world = World::new().await;
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
            note `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS) does not exist; `cargo xtask setup` would create it
    ");
}

#[tokio::test]
async fn buckets_that_are_not_configured_are_an_error_with_a_cure() {
    let mut world = World::new().await;
    world.set_buckets([""; 4]);
    shown!(world.run(&["cleanup"]), @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: no bucket is configured: none of the `S3_BUCKET_*` variables is set

    hint: cargo xtask setup --write-env
    "#);
}

#[tokio::test]
async fn only_configured_buckets_can_be_named() {
    let mut world = world().await;
    world.set_buckets(["shared", "shared", "exports", ""]);
    bucket(&world.s3(), "other", REGION, false).await;
    put(&world.s3(), "other", &key("r-1", "x"), "x").await;
    let before = contents(&world.s3(), "other").await;
    shown!(world.run(&["cleanup", "--yes", "--bucket", "other"]), @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `other` is not one of the app's buckets: `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES), `exports` (S3_BUCKET_EXPORTS)

    hint: export S3_BUCKET_CREATIVES=other
    "#);
    assert_eq!(contents(&world.s3(), "other").await, before);
}

#[tokio::test]
async fn an_untagged_bucket_is_left_alone_until_it_is_named() {
    let mut world = world().await;
    world.set_buckets(["shared", "somebodys", "", ""]);
    let s3 = world.s3();
    bucket(&s3, "somebodys", REGION, false).await;
    neighbours(&s3, "somebodys").await;
    let neighbours = contents(&s3, "somebodys").await;
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
            note `somebodys` (S3_BUCKET_LANDING_PAGES) would be left alone: it was not tagged by `cargo xtask setup`
    ");

    put(&s3, "somebodys", &key("r-1", "x"), "x").await;
    put(&s3, "shared", &key("r-1", "x"), "x").await;
    let before = contents(&s3, "somebodys").await;
    // Success would hide that something is left.
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 23
    ----- stdout -----
     BUCKET     RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared     r-1        1         0        0        0   1 B     <1m  <1m     remove
     somebodys  r-1        1         0        0        0   1 B     <1m  <1m     untagged bucket, left alone
       to remove 1 object from 1 bucket (1 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
         warning `somebodys` (S3_BUCKET_LANDING_PAGES) is left alone: it was not tagged by `cargo xtask setup`
           hint: cargo xtask cleanup --bucket somebodys
    ");
    assert_eq!(contents(&s3, "somebodys").await, before);
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);

    shown!(world.run(&["cleanup", "--yes", "--bucket", "somebodys"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET     RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     somebodys  r-1        1         0        0        0   1 B     <1m  <1m     remove
       to remove 1 object from 1 bucket (1 B)
         removed `somebodys`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "somebodys").await, neighbours);
}

#[tokio::test]
async fn a_foreign_bucket_is_an_error_and_the_others_are_cleaned_all_the_same() {
    let mut world = world().await;
    world.set_buckets(["shared", "foreign", "", ""]);
    bucket(&world.other_s3(), "foreign", REGION, true).await;
    put(&world.other_s3(), "foreign", &key("r-1", "x"), "x").await;
    let before = contents(&world.other_s3(), "foreign").await;
    put(&world.s3(), "shared", &key("r-1", "x"), "x").await;
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 1
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        1         0        0        0   1 B     <1m  <1m     remove
         foreign `foreign` (S3_BUCKET_LANDING_PAGES): it belongs to another account, or we may not see it
       to remove 1 object from 1 bucket (1 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: set S3_BUCKET_LANDING_PAGES to a bucket of this account, or allow `s3:ListBucket` on `foreign`
    ");
    assert_eq!(contents(&world.other_s3(), "foreign").await, before);
    assert_eq!(below(&contents(&world.s3(), "shared").await), [""; 0]);
    shown!(world.run(&["cleanup", "--yes", "--bucket", "foreign"]), @"
    exit code: 1
    ----- stdout -----
         foreign `foreign` (S3_BUCKET_LANDING_PAGES): it belongs to another account, or we may not see it
       to remove nothing
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: set S3_BUCKET_LANDING_PAGES to a bucket of this account, or allow `s3:ListBucket` on `foreign`
    ");
    assert_eq!(contents(&world.other_s3(), "foreign").await, before);
}

#[tokio::test]
async fn a_bucket_in_another_region_is_an_error_that_names_it() {
    let world = World::new().await;
    bucket(&world.s3_in("eu-west-3"), "shared", "eu-west-3", true).await;
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 1
    ----- stdout -----
       elsewhere `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): it is in region `eu-west-3`, requests go to `eu-central-1`
       to remove nothing
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: export AWS_REGION=eu-west-3
    ");
    shown!(world.run(&["cleanup", "--yes", "--region", "eu-west-3"]), @"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-west-3
        Endpoint [ENDPOINT]
    ");
}
