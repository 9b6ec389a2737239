//! Bucket names that are missing, and `app/.env`.

use std::fs;

use super::settings;
use crate::harness::World;

#[tokio::test]
async fn every_missing_variable_is_named() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.set("S3_BUCKET_UPLOADS", "");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

    ----- stderr -----
    error: `S3_BUCKET_EXPORTS`, `S3_BUCKET_UPLOADS` are not set, though other buckets are configured

    hint: cargo xtask setup --write-env writes these lines to `app/.env`, or choose names of your own:

        STORAGE_BACKEND=s3
        S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1
        S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1
    "));
    for bucket in contract::buckets::ALL {
        world.unset(bucket.variable);
    }
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

    ----- stderr -----
    error: no bucket is configured: `S3_BUCKET_CREATIVES`, `S3_BUCKET_LANDING_PAGES`, `S3_BUCKET_EXPORTS`, `S3_BUCKET_UPLOADS` are not set

    hint: cargo xtask setup --write-env writes these lines to `app/.env`, or choose names of your own:

        STORAGE_BACKEND=s3
        S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1
        S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1
        S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1
        S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1
    "));
    assert!(!world.folder().join("app/.env").exists());
    assert!(world.s3().list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn names_are_written_into_the_file_and_used_at_once() {
    let mut world = World::new().await;
    for bucket in contract::buckets::ALL {
        world.unset(bucket.variable);
    }
    let path = world.folder().join("app/.env");
    let before = "# ours\n\nSTORAGE_BACKEND='s3' # not local\nS3_BUCKET_EXPORTS= # here\n#S3_BUCKET_UPLOADS=x";
    fs::write(&path, before).unwrap();
    let dry = ["setup", "--write-env", "--dry-run"];
    settings().bind(|| insta::assert_snapshot!(world.run(&dry), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

     would write S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1 to `app/.env`
     would write S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1 to `app/.env`
     would write S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1 to `app/.env`
     would write S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1 to `app/.env`

    would create app-test-creatives-123456789012-eu-central-1 (S3_BUCKET_CREATIVES)
       would set tags: cargo-xtask=test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

    would create app-test-landing-pages-123456789012-eu-central-1 (S3_BUCKET_LANDING_PAGES)
       would set tags: cargo-xtask=test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

    would create app-test-exports-123456789012-eu-central-1 (S3_BUCKET_EXPORTS)
       would set tags: cargo-xtask=test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

    would create app-test-uploads-123456789012-eu-central-1 (S3_BUCKET_UPLOADS)
       would set tags: cargo-xtask=test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

         dry run would change 4 of 4 buckets, changed none
            next cargo xtask setup --write-env
    ----- stderr -----
    "));
    assert_eq!(fs::read_to_string(&path).unwrap(), before);

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--write-env"]), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

           wrote S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1 to `app/.env`
           wrote S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1 to `app/.env`
           wrote S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1 to `app/.env`
           wrote S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1 to `app/.env`

         created app-test-creatives-123456789012-eu-central-1 (S3_BUCKET_CREATIVES)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

         created app-test-landing-pages-123456789012-eu-central-1 (S3_BUCKET_LANDING_PAGES)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

         created app-test-exports-123456789012-eu-central-1 (S3_BUCKET_EXPORTS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

         created app-test-uploads-123456789012-eu-central-1 (S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

            done changed 4 of 4 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
    insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r"
    # ours

    STORAGE_BACKEND='s3' # not local
    S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1 # here
    #S3_BUCKET_UPLOADS=x
    S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1
    S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1
    S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1
    ");
    let again = world.run(&["setup", "--write-env"]);
    assert!(again.contains("nothing had to be changed"), "{again}");
}

#[tokio::test]
async fn only_the_missing_names_are_written() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.run(&["setup", "--write-env"]);
    insta::assert_snapshot!(fs::read_to_string(world.folder().join("app/.env")).unwrap(), @"
    STORAGE_BACKEND=s3
    S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1
    ");
}
