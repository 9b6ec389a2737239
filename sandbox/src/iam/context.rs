//! Global condition keys: what every service tells a policy about a call.
//!
//! Source: "AWS global condition context keys", IAM User Guide.

use http::HeaderMap;
use http::request::Parts;
use time::OffsetDateTime;

use crate::access_key::AccessKey;

/// One call, as far as global keys tell of it.
pub(crate) struct Global<'a> {
    /// `None` for an anonymous caller.
    pub(crate) caller: Option<&'a AccessKey>,
    pub(crate) region: &'a str,
    pub(crate) headers: Option<&'a HeaderMap>,
    /// The account that owns the resource.
    pub(crate) resource_account: Option<&'a str>,
}

impl<'a> Global<'a> {
    /// A call of a service whose resources are the caller's own.
    pub(crate) fn of(caller: &'a AccessKey, region: &'a str, parts: &'a Parts) -> Self {
        Self {
            caller: Some(caller),
            region,
            headers: Some(&parts.headers),
            resource_account: Some(&caller.account),
        }
    }

    /// The values of a key in lower case; `None` where the call has none.
    pub(crate) fn get(&self, key: &str) -> Option<Vec<String>> {
        let header = |name: &str| Some(self.headers?.get(name)?.to_str().ok()?.to_owned());
        let caller = self.caller;
        let value = match key {
            // The sandbox listens on loopback, by plain HTTP.
            "aws:securetransport" => Some("false".to_owned()),
            "aws:sourceip" => Some("127.0.0.1".to_owned()),
            "aws:referer" => header("referer"),
            "aws:useragent" => header("user-agent"),
            "aws:currenttime" => Some(crate::sigv4::iso8601(OffsetDateTime::now_utc())),
            "aws:epochtime" => Some(OffsetDateTime::now_utc().unix_timestamp().to_string()),
            "aws:requestedregion" => {
                Some(self.region.to_owned()).filter(|region| !region.is_empty())
            }
            "aws:resourceaccount" => self.resource_account.map(str::to_owned),
            "aws:viaawsservice" | "aws:principalisawsservice" => Some("false".to_owned()),
            "aws:principalarn" => caller.map(AccessKey::identity_arn),
            "aws:principalaccount" => caller.map(|caller| caller.account.clone()),
            "aws:principaltype" => Some(principal_type(caller).to_owned()),
            "aws:userid" => caller.map(|caller| caller.user_id.clone()),
            "aws:username" => caller.and_then(AccessKey::user_name).map(str::to_owned),
            _ => None,
        };
        value.map(|value| vec![value])
    }
}

fn principal_type(caller: Option<&AccessKey>) -> &'static str {
    match caller {
        None => "Anonymous",
        Some(caller) if caller.is_root() => "Account",
        Some(caller) if caller.role().is_some() => "AssumedRole",
        Some(_) => "User",
    }
}
