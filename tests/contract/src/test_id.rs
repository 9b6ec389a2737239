//! How a test is named where its name has to travel: in keys, and as the access key it signs with.

/// A test, named as nextest names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestId {
    binary_id: String,
    name: String,
}

/// An access key of the embedded AWS. Not a secret: it is derived from a name, and no other
/// server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxKey {
    /// 20 characters, as AWS's long-term keys have.
    pub id: String,
    /// 40 characters, likewise.
    pub secret: String,
}

impl TestId {
    /// Takes nextest's binary id (`tests::suites`) and the test's full name in that binary
    /// (`s3_integration::listing::empty_prefix_lists_nothing`).
    pub fn new(binary_id: impl Into<String>, name: impl Into<String>) -> TestId {
        TestId { binary_id: binary_id.into(), name: name.into() }
    }

    /// Nextest's id of the binary that holds the test.
    pub fn binary_id(&self) -> &str {
        &self.binary_id
    }

    /// The test's full name in its binary.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The suite: the first module of the test's name.
    pub fn suite(&self) -> &str {
        self.name.split("::").next().unwrap_or(&self.name)
    }

    /// The test as one segment of a key: its name with `.` for `::`. Rust's identifiers hold neither
    /// `.` nor `/`, so that two tests never share a segment; what no key should hold becomes `-`.
    pub fn segment(&self) -> String {
        self.name
            .replace("::", ".")
            .chars()
            .map(|char| if is_segment_char(char) { char } else { '-' })
            .collect()
    }

    pub(crate) fn is_segment(text: &str) -> bool {
        !text.is_empty() && !text.starts_with('.') && text.chars().all(is_segment_char)
    }

    /// The key that this test signs with on the embedded AWS, so that the call log tells which test
    /// made a call.
    pub fn sandbox_key(&self) -> SandboxKey {
        SandboxKey::of(&format!("test {} {}", self.binary_id, self.name))
    }
}

impl SandboxKey {
    /// The key that fixtures sign with, so that their calls do not count as a test's.
    pub fn harness() -> SandboxKey {
        SandboxKey::of("harness")
    }

    /// Invariant: the same name gives the same key in every process and every version.
    fn of(name: &str) -> SandboxKey {
        const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut bits = fnv1a_128(name.as_bytes());
        let mut id = String::from("AKIA");
        for _ in 0..16 {
            id.push(char::from(BASE32[(bits & 31) as usize]));
            bits >>= 5;
        }
        let secret = format!("{:032x}sandbox/", fnv1a_128(format!("secret of {name}").as_bytes()));
        SandboxKey { id, secret }
    }
}

fn is_segment_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.')
}

/// The 128-bit FNV-1a hash (Fowler, Noll, Vo: "The FNV Non-Cryptographic Hash Algorithm").
fn fnv1a_128(bytes: &[u8]) -> u128 {
    const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET_BASIS, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a_128(b""), 0x6c62272e07bb014262b821756295c58d);
        assert_eq!(fnv1a_128(b"a"), 0xd228cb696f1a8caf78912b704e4a8964);
        assert_eq!(fnv1a_128(b"foobar"), 0x343e1662793c64bf6f0d3597ba446f18);
    }

    #[test]
    fn keys_look_like_aws_keys_and_differ_by_test() {
        let key = |name: &str| TestId::new("tests::suites", name).sandbox_key();
        let one = key("a::b");
        assert_eq!((one.id.len(), one.secret.len()), (20, 40));
        assert!(one.id.starts_with("AKIA"));
        assert_eq!(one, key("a::b"));
        assert_ne!(one, key("a::c"));
        assert_ne!(one, SandboxKey::harness());
        assert_ne!(one, TestId::new("other", "a::b").sandbox_key());
    }

    #[test]
    fn a_segment_holds_no_slash() {
        let test = TestId::new("tests::suites", "s3::odd/../name with space");
        assert_eq!(test.segment(), "s3.odd-..-name-with-space");
        assert!(TestId::is_segment(&test.segment()));
        assert_eq!(test.suite(), "s3");
    }
}
