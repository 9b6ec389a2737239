//! Presigned URLs of local files: signed by the app, for a route of the app.
//!
//! A URL is `BASE/PURPOSE/KEY?method=M&expires=UNIX-SECONDS[&content-type=T]&signature=HEX`.
//! The signature is HMAC-SHA256 (RFC 2104) over all of that and `S3_KEY_PREFIX`, so that none of it can be changed.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;
use url::Url;

use super::super::key::ObjectKey;
use super::super::metadata::ContentType;
use super::super::prefix::KeyPrefix;
use super::super::presign::{PresignMethod, PresignedUrl, UrlExpiry};
use super::super::purpose::Purpose;
use super::super::{unix_time, url_path};
use crate::settings::{LocalSettings, Secret};

/// Signs and verifies the URLs of one purpose.
#[derive(Clone, Debug)]
pub(in super::super) struct UrlSigner {
    base_url: Url,
    key: Secret,
    purpose: Purpose,
}

/// Why a presigned URL of a local file is refused.
///
/// A signature is checked before anything else, so that only the holder of a genuine URL learns more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlRefusal {
    /// No signature fits: it was changed, made up, or signed by another process.
    #[error("presigned URL was not signed by this app, or was changed")]
    Tampered,
    /// Its time is over.
    #[error("presigned URL expired {} s ago", age.as_secs())]
    Expired {
        /// For how long.
        age: Duration,
    },
    /// It is for another HTTP method.
    #[error("presigned URL is for `{signed}` requests only")]
    WrongMethod {
        /// The method that it is for.
        signed: PresignMethod,
    },
    /// The request has another `Content-Type` header, or none.
    #[error("presigned URL is for the content type `{signed}` only")]
    WrongContentType {
        /// The content type that it is for.
        signed: ContentType,
    },
    /// Files are stored on S3, which verifies its URLs itself.
    #[error("presigned URLs of S3 are verified by S3")]
    NotLocal,
}

impl UrlSigner {
    pub(super) fn new(settings: &LocalSettings, purpose: Purpose) -> Self {
        Self { base_url: settings.base_url.clone(), key: settings.signing_key.clone(), purpose }
    }

    pub(super) fn sign(
        &self,
        method: PresignMethod,
        key_prefix: &KeyPrefix,
        key: &ObjectKey,
        expiry: UrlExpiry,
        content_type: Option<&ContentType>,
        now: SystemTime,
    ) -> PresignedUrl {
        let expires = unix_time::seconds(now) + expiry.as_duration().as_secs();
        let claims = Claims { method, expires, content_type: content_type.cloned() };
        let signature = self.mac(key_prefix, key, &claims).finalize().into_bytes();
        let mut url = self.base_url.clone();
        let base = self.base_url.path().trim_end_matches('/');
        let path = url_path::encode(key.as_str());
        url.set_path(&format!("{base}/{}/{path}", self.purpose));
        url.query_pairs_mut()
            .append_pair("method", method.as_str())
            .append_pair("expires", &expires.to_string());
        if let Some(content_type) = content_type {
            url.query_pairs_mut().append_pair("content-type", content_type.as_str());
        }
        url.query_pairs_mut().append_pair("signature", &hex::encode(signature));
        let headers = content_type.map(|t| ("content-type".to_owned(), t.to_string()));
        PresignedUrl {
            method,
            url,
            headers: headers.into_iter().collect(),
            expires_at: UNIX_EPOCH + Duration::from_secs(expires),
        }
    }

    /// The object that a request may read or write.
    ///
    /// `target` is the request's path and query, as it came. The URL lives up to, but not into, its second of expiry.
    pub(in super::super) fn verify(
        &self,
        key_prefix: &KeyPrefix,
        method: &str,
        target: &str,
        content_type: Option<&str>,
        now: SystemTime,
    ) -> Result<ObjectKey, UrlRefusal> {
        let (path, query) = target.split_once('?').ok_or(UrlRefusal::Tampered)?;
        let key = self.key_of(path).ok_or(UrlRefusal::Tampered)?;
        let (claims, signature) = Claims::read(query).ok_or(UrlRefusal::Tampered)?;
        self.mac(key_prefix, &key, &claims)
            .verify_slice(&signature)
            .map_err(|_| UrlRefusal::Tampered)?;
        let expires = UNIX_EPOCH
            .checked_add(Duration::from_secs(claims.expires))
            .ok_or(UrlRefusal::Tampered)?;
        if let Ok(age) = now.duration_since(expires) {
            return Err(UrlRefusal::Expired { age });
        }
        if claims.method.as_str() != method {
            return Err(UrlRefusal::WrongMethod { signed: claims.method });
        }
        match claims.content_type {
            Some(signed) if content_type != Some(signed.as_str()) => {
                Err(UrlRefusal::WrongContentType { signed })
            }
            _ => Ok(key),
        }
    }

    fn key_of(&self, path: &str) -> Option<ObjectKey> {
        let base = self.base_url.path().trim_end_matches('/');
        let behind = path.strip_prefix(base)?.strip_prefix('/')?;
        let encoded = behind.strip_prefix(self.purpose.as_str())?.strip_prefix('/')?;
        let key = percent_decode_str(encoded).decode_utf8().ok()?;
        ObjectKey::new(key).ok()
    }

    fn mac(&self, key_prefix: &KeyPrefix, key: &ObjectKey, claims: &Claims) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes())
            .expect("HMAC takes keys of any length");
        // No field can hold a line feed, so that no two different lists of fields give the same text.
        mac.update(
            format!("local-file-url-1\n{}\n{key_prefix}\n{key}\n{claims}", self.purpose).as_bytes(),
        );
        mac
    }
}

/// What the query of a URL says.
struct Claims {
    method: PresignMethod,
    expires: u64,
    content_type: Option<ContentType>,
}

impl Claims {
    /// Reads exactly the parameters that [`UrlSigner::sign`] writes; an additional or repeated one is refused.
    fn read(query: &str) -> Option<(Self, Vec<u8>)> {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let mut take = |name: &str| match pairs.next()? {
            (given, value) if given == name => Some(value),
            _ => None,
        };
        let method = match &*take("method")? {
            "GET" => PresignMethod::Get,
            "PUT" => PresignMethod::Put,
            _ => return None,
        };
        let expires = number(&take("expires")?)?;
        let rest: Vec<(Cow<'_, str>, Cow<'_, str>)> = pairs.collect();
        let (content_type, signature) = match rest.as_slice() {
            [(name, signature)] if name == "signature" => (None, signature),
            [(first, content_type), (name, signature)]
                if first == "content-type" && name == "signature" =>
            {
                (Some(ContentType::new(content_type.as_ref()).ok()?), signature)
            }
            _ => return None,
        };
        let claims = Self { method, expires, content_type };
        Some((claims, hex::decode(signature.as_ref()).ok()?))
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content_type = self.content_type.as_ref().map_or("", ContentType::as_str);
        write!(f, "{}\n{}\n{content_type}", self.method, self.expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED_AT: SystemTime = UNIX_EPOCH;

    fn signer() -> UrlSigner {
        UrlSigner {
            base_url: Url::parse("http://127.0.0.1:3000/local-files").unwrap(),
            key: Secret::new("k".repeat(32)),
            purpose: Purpose::Uploads,
        }
    }

    fn prefix() -> KeyPrefix {
        KeyPrefix::new("p/").unwrap()
    }

    fn after(seconds: u64) -> SystemTime {
        SIGNED_AT + Duration::from_secs(seconds)
    }

    fn signed(method: PresignMethod, key: &str, content_type: Option<&str>) -> PresignedUrl {
        let key = ObjectKey::new(key).unwrap();
        let content_type = content_type.map(|text| ContentType::new(text).unwrap());
        let expiry = UrlExpiry::from_secs(60).unwrap();
        signer().sign(method, &prefix(), &key, expiry, content_type.as_ref(), SIGNED_AT)
    }

    fn target(url: &Url) -> String {
        format!("{}?{}", url.path(), url.query().unwrap())
    }

    fn verify(
        method: &str,
        target: &str,
        content_type: Option<&str>,
        now: SystemTime,
    ) -> Result<ObjectKey, UrlRefusal> {
        signer().verify(&prefix(), method, target, content_type, now)
    }

    #[test]
    fn a_url_opens_its_own_object_only_until_it_expires() {
        for key in ["a", "a b/c+d%2F?#é", "a//b/", "%", &"\u{1f980}".repeat(200)] {
            let url = signed(PresignMethod::Get, key, None);
            assert_eq!(url.expires_at, after(60));
            let target = target(&url.url);
            for seconds in [0, 59] {
                let verified = verify("GET", &target, None, after(seconds)).unwrap();
                assert_eq!(verified.as_str(), key);
            }
            for (seconds, late) in [(60, 0), (61, 1), (1_000, 940)] {
                let age = Duration::from_secs(late);
                let refusal = verify("GET", &target, None, after(seconds)).unwrap_err();
                assert_eq!(refusal, UrlRefusal::Expired { age });
            }
        }
    }

    #[test]
    fn every_single_changed_byte_is_noticed() {
        let url = signed(PresignMethod::Put, "dir/key", Some("text/plain"));
        let target = target(&url.url);
        for index in 0..target.len() {
            for replacement in [b'0', b'x', b'/'] {
                let mut changed = target.clone().into_bytes();
                if changed[index].eq_ignore_ascii_case(&replacement) {
                    continue;
                }
                changed[index] = replacement;
                let changed = String::from_utf8(changed).unwrap();
                let verified = verify("PUT", &changed, Some("text/plain"), after(1));
                assert_eq!(verified, Err(UrlRefusal::Tampered), "{changed}");
            }
        }
    }

    #[test]
    fn what_was_signed_for_one_use_is_refused_for_another() {
        let get = target(&signed(PresignMethod::Get, "key", None).url);
        let put = target(&signed(PresignMethod::Put, "key", None).url);
        let bound = target(&signed(PresignMethod::Put, "key", Some("text/plain")).url);
        let method = |signed| UrlRefusal::WrongMethod { signed };
        let content_type =
            UrlRefusal::WrongContentType { signed: ContentType::new("text/plain").unwrap() };
        for (request, target, header, expected) in [
            ("GET", &get, None, None),
            ("GET", &get, Some("text/plain"), None),
            ("PUT", &get, None, Some(method(PresignMethod::Get))),
            ("HEAD", &get, None, Some(method(PresignMethod::Get))),
            ("get", &get, None, Some(method(PresignMethod::Get))),
            ("DELETE", &put, None, Some(method(PresignMethod::Put))),
            ("GET", &put, None, Some(method(PresignMethod::Put))),
            ("PUT", &put, Some("image/png"), None),
            ("PUT", &bound, Some("text/plain"), None),
            ("PUT", &bound, Some("text/html"), Some(content_type.clone())),
            ("PUT", &bound, None, Some(content_type.clone())),
        ] {
            let refusal = verify(request, target, header, after(1)).err();
            assert_eq!(refusal, expected, "{request} {header:?}");
        }
    }

    #[test]
    fn a_url_is_of_one_purpose_one_prefix_and_one_signing_key() {
        let target = target(&signed(PresignMethod::Get, "key", None).url);
        let refused = |signer: UrlSigner, prefix: KeyPrefix, target: &str| {
            let verified = signer.verify(&prefix, "GET", target, None, after(1));
            assert_eq!(verified, Err(UrlRefusal::Tampered));
        };
        let mut other = signer();
        other.purpose = Purpose::Exports;
        refused(other, prefix(), &target.replace("/uploads/", "/exports/"));
        let mut other = signer();
        other.key = Secret::new("l".repeat(32));
        refused(other, prefix(), &target);
        refused(signer(), KeyPrefix::default(), &target);
    }

    #[test]
    fn a_query_in_another_shape_is_refused() {
        let good = target(&signed(PresignMethod::Get, "key", None).url);
        let (path, query) = good.split_once('?').unwrap();
        let (start, signature) = query.split_once("&signature=").unwrap();
        for changed in [
            path.to_owned(),
            format!("{path}?"),
            format!("{path}?{start}"),
            format!("{path}?{start}&signature="),
            format!("{path}?{start}&signature={}", &signature[2..]),
            format!("{path}?{query}&x=y"),
            format!("{path}?x=y&{query}"),
            format!("{path}?{query}&expires=9999999999"),
            format!("{path}?{}&signature={signature}", start.replace("expires=60", "expires=+60")),
            format!("{path}?{start}&content-type=&signature={signature}"),
            format!("{path}?{start}&content-type=a%2Fb&signature={signature}"),
            good.replace("/local-files", ""),
            good.replace("key", "../uploads/key"),
            good.replace("key", ""),
        ] {
            let verified = verify("GET", &changed, None, after(1));
            assert_eq!(verified, Err(UrlRefusal::Tampered), "{changed}");
        }
    }
}
