//! The scope of a signature: whose key, which day, region and service.

/// The `Credential` of a signature.
pub(super) struct Scope<'a> {
    pub(super) access_key: &'a str,
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

impl<'a> Scope<'a> {
    pub(super) fn parse(credential: &'a str) -> Option<Self> {
        // From the right: an access key id may hold a slash, the rest may not.
        let mut fields = credential.rsplitn(5, '/');
        let terminator = fields.next()?;
        let (service, region, date, access_key) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let well_formed = terminator == "aws4_request"
            && date.len() == 8
            && date.bytes().all(|byte| byte.is_ascii_digit())
            && !access_key.is_empty()
            && !region.is_empty();
        well_formed.then_some(Self { access_key, date, region, service })
    }

    /// # Errors
    /// AWS's words for a day that is not the one of the time of signing, `YYYYMMDDTHHMMSSZ`.
    pub(super) fn check_date(&self, timestamp: &str) -> Result<(), String> {
        if timestamp.starts_with(self.date) {
            return Ok(());
        }
        Err(format!(
            "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
            self.date,
            timestamp.split('T').next().unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_has_five_fields() {
        assert!(Scope::parse("AKIA/20130524/us-east-1/s3/aws4_request").is_some());
        for wrong in [
            "AKIA/20130524/us-east-1/s3",
            "/20130524/us-east-1/s3/aws4_request",
            "AKIA/2013/us-east-1/s3/aws4_request",
            "AKIA/20130524/us-east-1/s3/aws3",
        ] {
            assert!(Scope::parse(wrong).is_none(), "{wrong}");
        }
    }
}
