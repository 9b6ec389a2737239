"""Clients that the sandbox's authors did not write must agree with it: boto3 and the AWS CLI.

Takes the endpoint and the credentials from the environment (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`), makes buckets of its own and removes them.
The `aws` beside this Python is used if there is one, else the one on `PATH`.
Exits 0 when everything agrees; the first mismatch ends it with a message and 1.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

REGION = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
MIB = 1024 * 1024


def main():
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit("`AWS_ENDPOINT_URL` is not set: it names the server to talk to")
    s3 = boto3.client("s3", region_name=REGION, config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))
    checks = [identity, round_trip, odd_keys, refusals, presigned, checksums, paging, versions, multipart, multipart_listing, delete_objects, settings, bedrock, bedrock_streams, sagemaker, iam, cli, cli_runtimes]
    for check in checks:
        with bucket(s3) as name:
            check(s3, name)
        print(f"ok   {check.__name__.replace('_', ' ')}", flush=True)
    print(f"{len(checks)} checks passed: boto3 {boto3.__version__}, {cli_version()}")


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"MISMATCH {what}: expected {expected!r}, got {actual!r}")


def expect_refusal(what, status, code, call):
    try:
        call()
    except ClientError as error:
        answer = error.response
        expect(what, (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]), (status, code))
        expect(f"{what}: request id", bool(answer["ResponseMetadata"].get("RequestId")), True)
    else:
        raise SystemExit(f"MISMATCH {what}: expected {status} {code}, but it succeeded")


@contextlib.contextmanager
def bucket(s3):
    """A bucket of the check's own, gone afterwards with everything in it."""
    name = f"foreign-{uuid.uuid4().hex[:20]}"
    where = {} if REGION == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(Bucket=name, **where)
    try:
        yield name
    finally:
        for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
            objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
            if objects:
                answer = s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
                expect("errors of the clean-up", answer.get("Errors", []), [])
        s3.delete_bucket(Bucket=name)


def identity(_s3, _name):
    sts = boto3.client("sts", region_name=REGION)
    caller = sts.get_caller_identity()
    expect("account id is 12 digits", len(caller["Account"]) == 12 and caller["Account"].isdigit(), True)
    expect("the ARN names the account", f":{caller['Account']}:" in caller["Arn"], True)
    wrong = boto3.client("sts", region_name=REGION, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    expect_refusal("STS with a wrong secret", 403, "SignatureDoesNotMatch", wrong.get_caller_identity)


def round_trip(s3, name):
    expect("location", s3.get_bucket_location(Bucket=name)["LocationConstraint"], None if REGION == "us-east-1" else REGION)
    expect("region in HeadBucket", s3.head_bucket(Bucket=name)["BucketRegion"], REGION)
    body = b"hello, world"
    put = s3.put_object(Bucket=name, Key="greeting", Body=body, ContentType="text/plain", Metadata={"a": "b"}, Tagging="t=1")
    expect("ETag", put["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
    got = s3.get_object(Bucket=name, Key="greeting")
    expect("body", got["Body"].read(), body)
    expect("metadata", (got["ContentType"], got["Metadata"], got["TagCount"]), ("text/plain", {"a": "b"}, 1))
    part = s3.get_object(Bucket=name, Key="greeting", Range="bytes=7-")
    expect("range", (part["Body"].read(), part["ContentRange"]), (b"world", "bytes 7-11/12"))
    s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": "greeting"})
    expect("metadata of a copy", s3.head_object(Bucket=name, Key="copy")["Metadata"], {"a": "b"})
    expect_refusal("conditional create", 412, "PreconditionFailed", lambda: s3.put_object(Bucket=name, Key="copy", IfNoneMatch="*"))
    s3.delete_object(Bucket=name, Key="copy")
    expect_refusal("a deleted object", 404, "NoSuchKey", lambda: s3.get_object(Bucket=name, Key="copy"))


def odd_keys(s3, name):
    keys = ["a b", "a+b", "100%", "%41", "ü/日本", "a//b", "/leading", "trailing/", "k" * 1024, "q?r#s&t=u", "\u0001"]
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    for key in keys:
        expect(f"body of {key!r}", s3.get_object(Bucket=name, Key=key)["Body"].read(), key.encode())
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=name)["Contents"]]
    expect("keys in byte order", listed, sorted(keys, key=lambda key: key.encode()))


def refusals(s3, name):
    def client(**credentials):
        return boto3.client("s3", region_name=REGION, **credentials)

    key = os.environ["AWS_ACCESS_KEY_ID"]
    expect_refusal("a wrong secret", 403, "SignatureDoesNotMatch", client(aws_access_key_id=key, aws_secret_access_key="wrong").list_buckets)
    expect_refusal("an unknown key", 403, "InvalidAccessKeyId", client(aws_access_key_id="AKIANOBODY", aws_secret_access_key="x").list_buckets)
    expect_refusal("a missing bucket", 404, "NoSuchBucket", lambda: s3.list_objects_v2(Bucket="nobody-made-this-one"))
    expect_refusal("a foreign owner", 403, "AccessDenied", lambda: s3.list_objects_v2(Bucket=name, ExpectedBucketOwner="000000000001"))
    expect_refusal("a key that is too long", 400, "KeyTooLongError", lambda: s3.put_object(Bucket=name, Key="k" * 1025))
    expect_refusal("a bucket that is not empty", 409, "BucketNotEmpty", lambda: (s3.put_object(Bucket=name, Key="k"), s3.delete_bucket(Bucket=name)))


def http(method, url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def presigned(s3, name):
    signer = boto3.client("s3", region_name=REGION, config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))

    def url(operation, seconds=60, **parameters):
        return signer.generate_presigned_url(operation, Params={"Bucket": name, "Key": "a b/ü", **parameters}, ExpiresIn=seconds)

    typed = url("put_object", ContentType="text/x-test")
    expect("presigned PUT", http("PUT", typed, b"signed", {"Content-Type": "text/x-test"})[0], 200)
    expect("another content type", http("PUT", typed, b"signed", {"Content-Type": "text/html"})[0], 403)
    expect("presigned GET", http("GET", url("get_object")), (200, b"signed"))
    expect("stored type", s3.head_object(Bucket=name, Key="a b/ü")["ContentType"], "text/x-test")
    status, body = http("GET", url("get_object") + "x")
    expect("tampered signature", (status, b"SignatureDoesNotMatch" in body), (403, True))
    status, body = http("DELETE", url("get_object"))
    expect("wrong method", (status, b"SignatureDoesNotMatch" in body), (403, True))
    status, body = http("GET", url("get_object", seconds=604801))
    expect("more than seven days", (status, b"AuthorizationQueryParametersError" in body), (400, True))
    status, body = http("GET", url("get_object", seconds=0))
    expect("expired at once or in a second", status in (200, 403), True)
    # What boto3 does by itself: version 2 in the regions that take it, version 4 in the others.
    plain = boto3.client("s3", region_name=REGION, config=Config(s3={"addressing_style": "path"}))
    url = plain.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "a b/ü"})
    expect("presigned with boto3's defaults", http("GET", url), (200, b"signed"))


def checksums(s3, name):
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        put = s3.put_object(Bucket=name, Key="k", Body=b"123456789", ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket=name, Key="k", ChecksumMode="ENABLED")
        expect(f"{algorithm} comes back", head[f"Checksum{algorithm}"], put[f"Checksum{algorithm}"])
        s3.get_object(Bucket=name, Key="k", ChecksumMode="ENABLED")["Body"].read()
    expect_refusal("a wrong CRC32", 400, "BadDigest", lambda: s3.put_object(Bucket=name, Key="bad", Body=b"x", ChecksumCRC32="AAAAAA=="))
    expect_refusal("a wrong MD5", 400, "BadDigest", lambda: s3.put_object(Bucket=name, Key="bad", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="))
    expect_refusal("nothing was stored", 404, "404", lambda: s3.head_object(Bucket=name, Key="bad"))


def paging(s3, name):
    keys = [f"{number % 5}/{number:04}" for number in range(2500)]
    for key in keys:
        s3.put_object(Bucket=name, Key=key)
    for operation in ["list_objects", "list_objects_v2"]:
        pages = list(s3.get_paginator(operation).paginate(Bucket=name))
        expect(f"{operation}: pages", [len(page["Contents"]) for page in pages], [1000, 1000, 500])
        expect(f"{operation}: keys", [entry["Key"] for page in pages for entry in page["Contents"]], sorted(keys))
        pages = list(s3.get_paginator(operation).paginate(Bucket=name, Delimiter="/", PaginationConfig={"PageSize": 2}))
        prefixes = [prefix["Prefix"] for page in pages for prefix in page["CommonPrefixes"]]
        expect(f"{operation}: prefixes", prefixes, ["0/", "1/", "2/", "3/", "4/"])
    after = s3.list_objects_v2(Bucket=name, StartAfter="4/2494")["Contents"]
    expect("start-after", [entry["Key"] for entry in after], ["4/2499"])


def versions(s3, name):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    expect("versioning", s3.get_bucket_versioning(Bucket=name)["Status"], "Enabled")
    ids = [s3.put_object(Bucket=name, Key="k", Body=str(number).encode())["VersionId"] for number in range(3)]
    marker = s3.delete_object(Bucket=name, Key="k")
    expect("a delete marker", marker["DeleteMarker"], True)
    expect_refusal("a hidden object", 404, "NoSuchKey", lambda: s3.get_object(Bucket=name, Key="k"))
    expect("an older version", s3.get_object(Bucket=name, Key="k", VersionId=ids[0])["Body"].read(), b"0")
    seen = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name, PaginationConfig={"PageSize": 1}):
        seen += [entry["VersionId"] for entry in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    expect("newest first", seen, [marker["VersionId"], *reversed(ids)])
    s3.delete_object(Bucket=name, Key="k", VersionId=marker["VersionId"])
    expect("undeleted", s3.get_object(Bucket=name, Key="k")["Body"].read(), b"2")


def multipart(s3, name):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "source")
        source.write_bytes(os.urandom(17 * MIB))
        s3.upload_file(str(source), name, "large", Config=TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB))
        head = s3.head_object(Bucket=name, Key="large")
        expect("ETag of three parts", head["ETag"].endswith('-3"'), True)
        back = pathlib.Path(folder, "back")
        s3.download_file(name, "large", str(back))
        expect("the bytes", hashlib.sha256(back.read_bytes()).hexdigest(), hashlib.sha256(source.read_bytes()).hexdigest())
    s3.copy({"Bucket": name, "Key": "large"}, name, "copy", Config=TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB))
    expect("a copy in parts", s3.head_object(Bucket=name, Key="copy")["ContentLength"], 17 * MIB)
    upload = s3.create_multipart_upload(Bucket=name, Key="small")["UploadId"]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(Bucket=name, Key="small", UploadId=upload, PartNumber=number, Body=b"x")["ETag"]} for number in (1, 2)]

    def complete(parts):
        return lambda: s3.complete_multipart_upload(Bucket=name, Key="small", UploadId=upload, MultipartUpload={"Parts": parts})

    expect_refusal("parts that are too small", 400, "EntityTooSmall", complete(parts))
    expect_refusal("parts out of order", 400, "InvalidPartOrder", complete(parts[::-1]))
    expect_refusal("a part that is not there", 400, "InvalidPart", complete([{"PartNumber": 3, "ETag": parts[0]["ETag"]}]))
    first = complete(parts[:1])()
    expect("completing twice", complete(parts[:1])()["ETag"], first["ETag"])


def multipart_listing(s3, name):
    uploads = [(key, s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"]) for key in ["a", "b", "b", "b", "c"]]
    pages = list(s3.get_paginator("list_multipart_uploads").paginate(Bucket=name, PaginationConfig={"PageSize": 2}))
    expect("uploads", [(entry["Key"], entry["UploadId"]) for page in pages for entry in page["Uploads"]], uploads)
    for key, upload in uploads:
        s3.abort_multipart_upload(Bucket=name, Key=key, UploadId=upload)
    expect("after aborting", "Uploads" in s3.list_multipart_uploads(Bucket=name), False)
    expect_refusal("an aborted upload", 404, "NoSuchUpload", lambda: s3.list_parts(Bucket=name, Key="a", UploadId=uploads[0][1]))


def delete_objects(s3, name):
    s3.put_object(Bucket=name, Key="there")
    s3.put_object(Bucket=name, Key="guarded")
    objects = [{"Key": "there"}, {"Key": "missing"}, {"Key": "guarded", "ETag": '"another"'}]
    answer = s3.delete_objects(Bucket=name, Delete={"Objects": objects})
    expect("deleted", [entry["Key"] for entry in answer["Deleted"]], ["there", "missing"])
    expect("errors", [(entry["Key"], entry["Code"]) for entry in answer["Errors"]], [("guarded", "PreconditionFailed")])
    many = {"Objects": [{"Key": "guarded"}] + [{"Key": f"k{number}"} for number in range(1000)]}
    expect_refusal("1,001 keys", 400, "MalformedXML", lambda: s3.delete_objects(Bucket=name, Delete=many))
    s3.head_object(Bucket=name, Key="guarded")


def settings(s3, name):
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    expect("public access", set(block.values()), {True})
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    expect("encryption", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
    expect_refusal("a public ACL", 400, "AccessControlListNotSupported", lambda: s3.put_object(Bucket=name, Key="k", ACL="public-read"))
    expect_refusal("no tags yet", 404, "NoSuchTagSet", lambda: s3.get_bucket_tagging(Bucket=name))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    expect("tags", s3.get_bucket_tagging(Bucket=name)["TagSet"], [{"Key": "a", "Value": "b"}])
    expect_refusal("no lifecycle yet", 404, "NoSuchLifecycleConfiguration", lambda: s3.get_bucket_lifecycle_configuration(Bucket=name))
    rules = [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "test/"}, "Expiration": {"Days": 1}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    expect("lifecycle", s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"], rules)


def runtime(service, **credentials):
    return boto3.client(service, region_name=REGION, config=Config(retries={"max_attempts": 3, "mode": "standard"}), **credentials)


def question(text):
    return json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": [{"role": "user", "content": text}]})


def bedrock(_s3, _name):
    client = runtime("bedrock-runtime")
    haiku = "anthropic.claude-3-haiku-20240307-v1:0"

    def invoke(model, body, with_client=client):
        return with_client.invoke_model(modelId=model, contentType="application/json", body=body)

    answer = invoke(haiku, question("green tea, please"))
    expect("content type", answer["contentType"], "application/json")
    said = json.loads(answer["body"].read())
    expect("the prompt's beginning", said["content"][0]["text"].startswith("You said: green tea, please "), True)
    expect("stop reason", said["stop_reason"], "end_turn")
    nova = json.dumps({"messages": [{"role": "user", "content": [{"text": "green tea"}]}]})
    expect("Nova by ARN", json.loads(invoke(f"arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-micro-v1:0", nova)["body"].read())["stopReason"], "end_turn")
    # No content type at all, as boto3 leaves it.
    llama = client.invoke_model(modelId="meta.llama3-8b-instruct-v1:0", body=json.dumps({"prompt": "green tea", "max_gen_len": 2}))
    expect("Llama", json.loads(llama["body"].read())["stop_reason"], "length")
    expect_refusal("an unknown model", 400, "ValidationException", lambda: invoke("amazon.nonsense-v1:0", nova))
    expect_refusal("a malformed body", 400, "ValidationException", lambda: invoke(haiku, "{"))
    expect_refusal("denied by IAM", 403, "AccessDeniedException", lambda: invoke("anthropic.sandbox-denied-v1:0", question("x")))
    expect_refusal("throttled", 429, "ThrottlingException", lambda: invoke("anthropic.sandbox-throttled-v1:0", question("x")))
    flaky = invoke("anthropic.sandbox-flaky-v1:0", question("x"))
    expect("attempts at a flaky model", flaky["ResponseMetadata"]["RetryAttempts"], 2)
    key = os.environ["AWS_ACCESS_KEY_ID"]
    wrong = runtime("bedrock-runtime", aws_access_key_id=key, aws_secret_access_key="wrong")
    expect_refusal("a wrong secret", 403, "InvalidSignatureException", lambda: invoke(haiku, question("x"), wrong))
    nobody = runtime("bedrock-runtime", aws_access_key_id="AKIANOBODY", aws_secret_access_key="x")
    expect_refusal("an unknown key", 403, "UnrecognizedClientException", lambda: invoke(haiku, question("x"), nobody))
    expect_refusal("an operation that is not played", 404, "UnknownOperationException", lambda: client.converse(modelId=haiku, messages=[{"role": "user", "content": [{"text": "x"}]}]))


def bedrock_streams(_s3, _name):
    client = runtime("bedrock-runtime")

    def stream(model):
        return client.invoke_model_with_response_stream(modelId=model, contentType="application/json", body=question("green tea"))["body"]

    def text(event):
        return json.loads(event["chunk"]["bytes"]).get("delta", {}).get("text", "")

    said = "".join(text(event) for event in stream("anthropic.claude-3-haiku-20240307-v1:0"))
    expect("the pieces together", said.startswith("You said: green tea "), True)
    pieces = []
    try:
        pieces.extend(text(event) for event in stream("anthropic.sandbox-breaks-v1:0"))
        raise SystemExit("MISMATCH a stream that breaks: it came to its end")
    except EventStreamError as error:
        expect("an exception in mid-stream", error.response["Error"]["Code"], "modelStreamErrorException")
    expect_refusal("a throttled stream", 429, "ThrottlingException", lambda: stream("anthropic.sandbox-throttled-v1:0"))


def sagemaker(_s3, _name):
    client = runtime("sagemaker-runtime")

    def invoke(endpoint, body='{"inputs": "green tea"}', with_client=client):
        return with_client.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)

    answer = invoke("text-generation")
    expect("variant", answer["InvokedProductionVariant"], "AllTraffic")
    expect("generated text", json.loads(answer["Body"].read())[0]["generated_text"].startswith("You said: green tea "), True)
    expect_refusal("a missing endpoint", 400, "ValidationError", lambda: invoke("nobody-made-it"))
    expect_refusal("denied by IAM", 403, "AccessDeniedException", lambda: invoke("sandbox-denied"))
    expect_refusal("throttled", 400, "ThrottlingException", lambda: invoke("sandbox-throttled"))
    try:
        invoke("text-generation", "{}")
        raise SystemExit("MISMATCH a body that the container refuses: it was taken")
    except client.exceptions.ModelError as error:
        expect("the container's status", error.response["OriginalStatusCode"], 422)
    key = os.environ["AWS_ACCESS_KEY_ID"]
    wrong = runtime("sagemaker-runtime", aws_access_key_id=key, aws_secret_access_key="wrong")
    expect_refusal("a wrong secret", 403, "InvalidSignatureException", lambda: invoke("text-generation", with_client=wrong))


def iam(_s3, name):
    me = boto3.client("sts", region_name=REGION).get_caller_identity()["Arn"]
    client = boto3.client("iam", region_name=REGION)
    answer = client.simulate_principal_policy(PolicySourceArn=me, ActionNames=["s3:GetObject", "s3:PutObject"], ResourceArns=[f"arn:aws:s3:::{name}/*"])
    decisions = {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}
    expect("what IAM would say", decisions, {"s3:GetObject": "allowed", "s3:PutObject": "allowed"})
    pages = client.get_paginator("simulate_principal_policy").paginate(PolicySourceArn=me, ActionNames=["s3:GetObject", "s3:PutObject"], PaginationConfig={"PageSize": 1})
    expect("pages of it", sum(len(page["EvaluationResults"]) for page in pages), 2)
    session = "arn:aws:sts::123456789012:assumed-role/r/s"
    expect_refusal("a session", 400, "InvalidInput", lambda: client.simulate_principal_policy(PolicySourceArn=session, ActionNames=["s3:GetObject"]))
    expect_refusal("a role that is not there", 404, "NoSuchEntity", lambda: client.get_role(RoleName="nobody-made-it"))
    model = "amazon.nova-micro-v1:0"
    access = boto3.client("bedrock", region_name=REGION).get_foundation_model_availability(modelId=model)
    expect("access to a model", (access["authorizationStatus"], access["entitlementAvailability"]), ("AUTHORIZED", "AVAILABLE"))


def aws_cli():
    beside = shutil.which("aws", path=str(pathlib.Path(sys.executable).parent))
    return beside or shutil.which("aws") or sys.exit("the AWS CLI is missing: pip install awscli")


def aws(*arguments, fails=False):
    environment = {**os.environ, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": ""}
    done = subprocess.run([aws_cli(), *arguments], capture_output=True, env=environment, timeout=300)
    if (done.returncode != 0) != fails:
        raise SystemExit(f"MISMATCH aws {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr.decode()}")
    return done.stdout.decode() if not fails else done.stderr.decode()


def cli_version():
    return subprocess.run([aws_cli(), "--version"], capture_output=True, text=True, check=True).stdout.split()[0]


def cli(s3, name):
    expect("account", len(json.loads(aws("sts", "get-caller-identity", "--output", "json"))["Account"]), 12)
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder, "tree")
        tree.mkdir()
        (tree / "small file.txt").write_text("small")
        (tree / "large.bin").write_bytes(os.urandom(9 * MIB))
        aws("s3", "cp", "--recursive", "--quiet", str(tree), f"s3://{name}/tree/")
        back = pathlib.Path(folder, "back")
        aws("s3", "sync", "--quiet", f"s3://{name}/tree/", str(back))
        for file in tree.iterdir():
            expect(f"{file.name} after cp and sync", (back / file.name).read_bytes(), file.read_bytes())
    listing = aws("s3", "ls", "--recursive", f"s3://{name}/")
    expect("aws s3 ls", ["tree/large.bin" in listing, "tree/small file.txt" in listing], [True, True])
    url = aws("s3", "presign", "--expires-in", "60", f"s3://{name}/tree/small file.txt").strip()
    expect("aws s3 presign", http("GET", url), (200, b"small"))
    objects = json.loads(aws("s3api", "list-objects-v2", "--bucket", name, "--page-size", "1", "--output", "json"))
    expect("aws s3api list-objects-v2", len(objects["Contents"]), 2)
    refusal = aws("s3api", "get-object", "--bucket", name, "--key", "missing", os.devnull, fails=True)
    expect("aws names the error", "NoSuchKey" in refusal, True)
    aws("s3", "rm", "--recursive", "--quiet", f"s3://{name}/")
    expect("after aws s3 rm", s3.list_objects_v2(Bucket=name)["KeyCount"], 0)


def cli_runtimes(_s3, _name):
    with tempfile.TemporaryDirectory() as folder:
        body, out = pathlib.Path(folder, "body"), pathlib.Path(folder, "out")

        def bedrock(model, **outcome):
            body.write_text(question("green tea"))
            return aws("bedrock-runtime", "invoke-model", "--model-id", model, "--content-type", "application/json", "--body", f"fileb://{body}", str(out), **outcome)

        bedrock("anthropic.claude-3-haiku-20240307-v1:0")
        expect("aws bedrock-runtime invoke-model", "You said: green tea" in out.read_text(), True)
        expect("aws names a denial", "(AccessDeniedException)" in bedrock("anthropic.sandbox-denied-v1:0", fails=True), True)
        expect("aws names throttling", "(ThrottlingException)" in bedrock("anthropic.sandbox-throttled-v1:0", fails=True), True)

        def sagemaker(endpoint, **outcome):
            body.write_text('{"inputs": "green tea"}')
            return aws("sagemaker-runtime", "invoke-endpoint", "--endpoint-name", endpoint, "--content-type", "application/json", "--body", f"fileb://{body}", str(out), **outcome)

        sagemaker("text-generation")
        expect("aws sagemaker-runtime invoke-endpoint", "You said: green tea" in out.read_text(), True)
        expect("aws names a missing endpoint", "(ValidationError)" in sagemaker("nobody-made-it", fails=True), True)


if __name__ == "__main__":
    main()
