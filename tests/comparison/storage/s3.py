"""Files in a bucket of S3, by boto3."""

import contextlib
import urllib.parse
from collections.abc import Iterable

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .errors import (
    AlreadyExists,
    BadContinuationToken,
    NotConfigured,
    NotFound,
    RangeNotSatisfiable,
    S3Error,
    UrlRefused,
)
from .settings import Settings, bucket_variable
from .values import (
    CHUNK_BYTES,
    ByteRange,
    ChunkReader,
    Download,
    Entry,
    ListPage,
    Metadata,
    Uploaded,
    parse_content_range,
)


def connect(session, **options):
    """A client for S3, by whatever credentials the session has."""
    if session.get_credentials() is None:
        raise NotConfigured(
            "`STORAGE_BACKEND` is `s3`, but there are no credentials: "
            "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`"
        )
    # boto3's own default would presign by Signature Version 2 in old regions.
    config = Config(signature_version="s3v4").merge(options.pop("config", None) or Config())
    return session.client("s3", config=config, **options)


class S3Backend:
    """A bucket, and the client that reaches it."""

    def __init__(self, settings: Settings, purpose: str, client):
        self._client = client
        self._bucket = settings.buckets[purpose]
        self._variable = bucket_variable(purpose)
        self._cdn_domain = settings.cdn_domain
        self.place = f"`s3://{self._bucket}`"

    def upload(self, key: str, chunks: Iterable[bytes], options) -> Uploaded:
        """One request for what fits into a part, a multipart upload for the rest."""
        body = ChunkReader(chunks, options.content_length)
        about = {"ContentType": options.content_type, "Metadata": options.metadata}
        unless = {"IfNoneMatch": "*"} if options.only_if_absent else {}
        where = {"Bucket": self._bucket, "Key": key}
        with self._errors(key):
            first = body.read(options.part_size)
            second = body.read(options.part_size)
            if second:
                etag = self._upload_in_parts(where, about, unless, [first, second], body, options)
            else:
                etag = self._client.put_object(Body=first, **where, **about, **unless)["ETag"]
        return Uploaded(etag, body.read_bytes)

    def _upload_in_parts(self, where, about, unless, read_ahead, body, options) -> str:
        # boto3's own `upload_fileobj` knows no `IfNoneMatch`, and keeps the ETag to itself.
        upload = self._client.create_multipart_upload(**where, **about)
        where = where | {"UploadId": upload["UploadId"]}
        try:
            parts = []
            while part := read_ahead.pop(0) if read_ahead else body.read(options.part_size):
                number = len(parts) + 1
                answer = self._client.upload_part(PartNumber=number, Body=part, **where)
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            complete = self._client.complete_multipart_upload
            return complete(MultipartUpload={"Parts": parts}, **where, **unless)["ETag"]
        except BaseException:
            self._client.abort_multipart_upload(**where)
            raise

    def download(self, key: str, wanted: ByteRange | None) -> Download:
        """Opens an object, or a range of it."""
        extra = {} if wanted is None else {"Range": str(wanted)}
        with self._errors(key, wanted):
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **extra)
        start, end, size = 0, answer["ContentLength"], answer["ContentLength"]
        if wanted is not None:
            start, end, size = parse_content_range(answer["ContentRange"])
        chunks = answer["Body"].iter_chunks(CHUNK_BYTES)
        return Download(_metadata(answer, size), start, end, chunks)

    def metadata(self, key: str) -> Metadata:
        """By HEAD; where that is refused GET says why, since answers to HEAD have no body."""
        try:
            with self._errors(key):
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
        except S3Error as error:
            if error.status is None:
                raise
            return self.download(key, None).metadata
        return _metadata(answer, answer["ContentLength"])

    def delete(self, key: str) -> None:
        """A missing object counts as deleted."""
        with self._errors(key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def list_page(self, prefix: str, delimiter: str, page_size: int, token) -> ListPage:
        """One page, by whole keys."""
        extra = {} if token is None else {"ContinuationToken": token}
        with self._errors("", token=token):
            answer = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, Delimiter=delimiter, MaxKeys=page_size, **extra
            )
        entries = [
            Entry(
                found["Key"], found["Size"], found["ETag"], int(found["LastModified"].timestamp())
            )
            for found in answer.get("Contents", [])
        ]
        folders = [found["Prefix"] for found in answer.get("CommonPrefixes", [])]
        return ListPage(entries, folders, answer.get("NextContinuationToken"))

    def presign(self, method: str, key: str, expires_in: int, content_type):
        """A URL, and the headers that its signature covers."""
        params, headers = {"Bucket": self._bucket, "Key": key}, {}
        if content_type is not None:
            params["ContentType"] = content_type
            headers["content-type"] = content_type
        operation = "get_object" if method == "GET" else "put_object"
        url = self._client.generate_presigned_url(operation, params, ExpiresIn=expires_in)
        return url, headers

    def verify_presigned(self, *_request):
        """S3 verifies its URLs itself."""
        raise UrlRefused("not local")

    def cdn_url(self, key: str) -> str | None:
        """`https://DOMAIN/KEY`, percent-encoded."""
        if not self._cdn_domain:
            return None
        return f"https://{self._cdn_domain}/{urllib.parse.quote(key, safe='/')}"

    @contextlib.contextmanager
    def _errors(self, key: str, wanted: ByteRange | None = None, token: str | None = None):
        """Turns errors of botocore into ours."""
        try:
            yield
        except ClientError as error:
            code = error.response["Error"].get("Code")
            status = error.response["ResponseMetadata"].get("HTTPStatusCode")
            if code == "NoSuchKey":
                raise NotFound(key, self.place) from error
            if status == 416 and wanted is not None:
                raise RangeNotSatisfiable(key, wanted) from error
            if status == 412:
                raise AlreadyExists(key, self.place) from error
            if code == "InvalidArgument" and token is not None:
                raise BadContinuationToken("token is not one of this listing") from error
            raise S3Error(
                f"{error} (`{self._variable}`)",
                status=status,
                code=code,
                request_id=error.response["ResponseMetadata"].get("RequestId"),
                hint=self._hint(code),
            ) from error
        except BotoCoreError as error:
            endpoint = self._client.meta.endpoint_url
            raise S3Error(str(error), hint=f"is `AWS_ENDPOINT_URL` right? {endpoint}") from error

    def _hint(self, code: str) -> str | None:
        return {
            "NoSuchBucket": f"create the bucket, or set `{self._variable}` to one that exists",
            "AccessDenied": f"ask for permission on `{self._bucket}`",
            "InvalidAccessKeyId": "set `AWS_ACCESS_KEY_ID` to a key that exists",
            "SignatureDoesNotMatch": "set `AWS_SECRET_ACCESS_KEY` to the secret of the key",
        }.get(code)


def _metadata(answer: dict, size: int) -> Metadata:
    return Metadata(
        size=size,
        content_type=answer.get("ContentType", "application/octet-stream"),
        etag=answer["ETag"],
        last_modified=int(answer["LastModified"].timestamp()),
        user=answer.get("Metadata", {}),
    )
