//! Small files that claim, or unpack to, very much: each is refused with a message, long before memory is full.

use std::fs;
use std::io::{Read, Write};

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use tempfile::TempDir;

use super::*;

fn refusal(name: &str, bytes: &[u8]) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path).unwrap_err().to_string()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// These bytes, then `mebibytes` times 2^20 bytes of `filler`: gzip streams may be put one after the other.
fn gz_bomb(start: &[u8], filler: u8, mebibytes: usize) -> Vec<u8> {
    [gz(start), gz(&vec![filler; 1 << 20]).repeat(mebibytes)].concat()
}

/// The header of a member of a tar archive.
fn tar_header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A tar archive with these members.
fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in members {
        out.extend(tar_header(name, bytes.len() as u64));
        out.extend(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn index(states: u64, choices: u64, branches: u64, rewards: &str) -> Vec<u8> {
    let text = format!(
        "{{\"format-version\": 1, \"transition-system\": {{\"time\": \"discrete\", \"#players\": 1, \"#states\": {states}, \
         \"#initial-states\": 0, \"#choices\": {choices}, \"#branches\": {branches}}}, \
         \"annotations\": {{\"rewards\": {{{rewards}}}}}}}"
    );
    text.into_bytes()
}

#[test]
fn compressed_text_of_one_endless_line() {
    for name in ["t.drn.gz", "t.tra"] {
        let bomb = gz_bomb(b"", b' ', 256);
        assert!(bomb.len() < 1 << 19);
        let message = refusal(name, &bomb);
        assert!(message.contains("line 1 is longer than 64 MiB"), "{name}: {message}");
    }
    // An endless number of lines.
    let message = refusal("t.drn.gz", &gz_bomb(b"@type: MDP\n", b'\n', 256));
    assert!(message.contains("grows to more than 128 times its size; decompress it first"), "{message}");
}

#[test]
fn a_short_text_that_stands_for_very_many_rewards() {
    // Names of rewards, or the rewards of one state, times choices that have none of their own.
    let names = "a ".repeat(20_000);
    let choices = "\taction 0\n\t\t0 : 1\n".repeat(20_000);
    let numbers = vec!["0"; 20_000].join(", ");
    for rewards in [String::new(), format!("[{numbers}]")] {
        let text = format!("@type: MDP\n@parameters\n\n@reward_models\n{names}\n@model\nstate 0 {rewards}\n{choices}");
        for (name, bytes) in [("t.drn", text.clone().into_bytes()), ("t.drn.gz", gz(text.as_bytes()))] {
            let message = refusal(name, &bytes);
            assert!(
                message.contains("20000 rewards of") && message.contains("more than a file of this size"),
                "{message}"
            );
        }
    }
}

#[test]
fn a_member_of_an_archive_that_unpacks_without_end() {
    for member in ["index.json", "branch-to-target.bin", "annotations/aps/x/states/values.bin"] {
        let bomb = gz_bomb(&tar_header(member, 256 << 20), 0, 256);
        let message = refusal("t.umb.gz", &bomb);
        assert!(message.contains("grows to more than 128 times its size; decompress it first"), "{member}: {message}");
    }
    // What is not read takes no memory, but its end is awaited within the same bounds.
    let message = refusal("t.umb.gz", &gz_bomb(&tar_header("valuations/states/values.bin", 256 << 20), 0, 256));
    assert!(message.contains("grows to more than 128 times its size"), "{message}");
    // 96 MiB of zeros as xz packs them; gzipped once more, they are a small fixture.
    let mut bomb = Vec::new();
    let packed = &include_bytes!("../../../tests/data/bomb.umb.xz.gz")[..];
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bomb).unwrap();
    assert!(bomb.len() < 1 << 15);
    let message = refusal("t.umb.xz", &bomb);
    assert!(message.contains("grows to more than 128 times its size; decompress it first"), "{message}");
}

#[test]
fn members_of_an_archive_that_claim_more_than_there_is() {
    // A plain archive whose member would end after the file does.
    let cut = [tar_header("index.json", 1 << 40), vec![b' '; 512]].concat();
    let message = refusal("t.umb", &cut);
    assert!(message.contains("cut off") || message.contains("not a complete tar archive"), "{message}");
    let message = refusal("t.umb.gz", &gz(&cut));
    assert!(message.contains("damaged or cut off") || message.contains("is cut off"), "{message}");
    // An index that claims what no member holds.
    let most = u64::from(u32::MAX) - 1;
    for name in ["t.umb", "t.umb.gz"] {
        let archive =
            tar(&[("index.json".into(), index(most, most, most, "")), ("branch-to-target.bin".into(), vec![0; 64])]);
        let message = refusal(name, &if name.ends_with("gz") { gz(&archive) } else { archive });
        assert!(message.contains(&format!("has 64 bytes; there should be {most} times 8")), "{message}");
    }
    // Without branches there are no rows either, whatever their number.
    let message = refusal("t.umb", &tar(&[("index.json".into(), index(most, 0, 0, ""))]));
    assert!(message.contains("says 4294967294 rows with 0 items"), "{message}");
    let message = refusal("t.umb", &tar(&[("index.json".into(), index(most, most, 0, ""))]));
    assert!(message.contains("rows with 0 items"), "{message}");
}

#[test]
fn an_archive_that_stands_for_very_many_rewards() {
    let (choices, rewards) = (100_000u64, 300);
    let reward = |to: &str| -> String {
        let one = |i| format!("\"r{i}\": {{\"applies-to\": [{to}], \"type\": {{\"type\": \"double\"}}}}");
        (0..rewards).map(one).collect::<Vec<_>>().join(", ")
    };
    let starts = |starts: &[u64]| starts.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let members = |to: &str| {
        let mut members = vec![
            ("index.json".into(), index(1, choices, choices, &reward(to))),
            ("state-to-choices.bin".into(), starts(&[0, choices])),
            ("branch-to-target.bin".into(), vec![0; 8 * choices as usize]),
        ];
        members.extend((0..rewards).map(|i| (format!("annotations/rewards/r{i}/states/values.bin"), vec![0; 8])));
        members
    };
    // A reward of one state is one of each of its choices; a reward of nothing is 0 in each of them.
    for to in ["\"states\"", ""] {
        let message = refusal("t.umb.gz", &gz(&tar(&members(to))));
        assert!(message.contains("takes more than 128 times its size; unpack it first"), "{message}");
    }
}

/// A zip archive whose entries may share their bytes and claim any size.
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

impl Zip {
    /// Stores deflated bytes and returns where.
    fn store(&mut self, name: &str, data: &[u8]) -> Entry {
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        deflated.write_all(data).unwrap();
        let deflated = deflated.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(data);
        let entry = Entry {
            offset: self.bytes.len() as u32,
            crc: crc.sum(),
            stored: deflated.len() as u32,
            size: data.len() as u32,
        };
        self.bytes.extend(b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0");
        entry.numbers().iter().for_each(|x| self.bytes.extend(x.to_le_bytes()));
        self.bytes.extend((name.len() as u16).to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(deflated);
        entry
    }

    /// Lists an entry.
    fn list(&mut self, name: &str, entry: &Entry) {
        self.directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\x08\0\0\0\0\0");
        entry.numbers().iter().for_each(|x| self.directory.extend(x.to_le_bytes()));
        self.directory.extend((name.len() as u16).to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend(entry.offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.entries += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        let length = self.directory.len() as u32;
        self.bytes.append(&mut self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.entries.to_le_bytes(), self.entries.to_le_bytes()].concat());
        self.bytes.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
        self.bytes.extend([0, 0]);
        self.bytes
    }

    fn new() -> Zip {
        Zip { bytes: Vec::new(), directory: Vec::new(), entries: 0 }
    }
}

#[derive(Clone)]
struct Entry {
    offset: u32,
    crc: u32,
    stored: u32,
    size: u32,
}

impl Entry {
    fn numbers(&self) -> [u32; 3] {
        [self.crc, self.stored, self.size]
    }
}

/// An array in numpy's format.
fn npy(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}");
    header.push_str(&" ".repeat(63 - (header.len() + 10) % 64));
    header.push('\n');
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = Zip::new();
    for (name, array) in arrays {
        let name = format!("{name}.npy");
        let entry = zip.store(&name, array);
        zip.list(&name, &entry);
    }
    zip.finish()
}

#[test]
fn arrays_that_unpack_to_very_much() {
    // The archive writer of this test is right.
    let one = |dtype| npy(dtype, "1,", &1u64.to_le_bytes());
    let small = [
        ("data", npy("<f8", "1,", &1f64.to_le_bytes())),
        ("indices", npy("<i8", "1,", &[0; 8])),
        ("indptr", npy("<i8", "2,", &[[0; 8], 1u64.to_le_bytes()].concat())),
        ("R", npy("<f8", "1, 1", &[0; 8])),
    ];
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.npz");
    fs::write(&path, npz(&small)).unwrap();
    assert_eq!(read(&path).unwrap().num_branches(), 1);
    // 80 MB of zeros.
    let dense = [("P", npy("<f8", "3162, 1, 3162", &vec![0; 3162 * 3162 * 8])), ("R", one("<f8"))];
    let message = refusal("t.npz", &npz(&dense));
    assert!(message.contains("more than 128 times its own") && message.contains("without compression"), "{message}");
    // A thousand names for the same megabyte.
    let mut zip = Zip::new();
    for (name, array) in &small {
        let entry = zip.store(&format!("{name}.npy"), array);
        zip.list(&format!("{name}.npy"), &entry);
    }
    let mask = zip.store("label_0.npy", &npy("|b1", "1048576,", &vec![1; 1 << 20]));
    (0..1000).for_each(|i| zip.list(&format!("label_{i}.npy"), &mask));
    let message = refusal("t.npz", &zip.finish());
    assert!(message.contains("more than 128 times its own"), "{message}");
}

#[test]
fn arrays_that_claim_more_than_there_is() {
    // The directory of the archive claims gigabytes.
    for (stored, size) in [(u32::MAX - 1, u32::MAX - 1), (40, u32::MAX - 1)] {
        let mut zip = Zip::new();
        let entry = zip.store("P.npy", &npy("<f8", "20000, 1, 20000", &[0; 64]));
        zip.list("P.npy", &Entry { stored, size, ..entry.clone() });
        zip.list("R.npy", &entry);
        let message = refusal("t.npz", &zip.finish());
        assert!(message.contains("more than 128 times its own"), "{message}");
    }
    // The header of the array does.
    let p = |shape: &str| npz(&[("P", npy("<f8", shape, &[0; 64])), ("R", npy("<f8", "1, 1", &[0; 8]))]);
    for shape in ["20000, 1, 20000", "18446744073709551615, 2, 18446744073709551615", "4611686018427387904, 0, 2"] {
        let message = refusal("t.npz", &p(shape));
        assert!(message.contains("array `P` claims shape"), "{shape}: {message}");
    }
    // An empty axis beside a very long one.
    let rows = [
        ("data", npy("<f8", "0,", &[])),
        ("indices", npy("<i8", "0,", &[])),
        ("indptr", npy("<i8", "1,", &[0; 8])),
        ("R", npy("<f8", "4611686018427387904, 0", &[])),
    ];
    let message = refusal("t.npz", &npz(&rows));
    assert!(message.contains("array `R` claims shape"), "{message}");
    // An action that no index can follow.
    let action = [
        ("data", npy("<f8", "1,", &1f64.to_le_bytes())),
        ("indices", npy("<i8", "1,", &[0; 8])),
        ("indptr", npy("<i8", "2,", &[[0; 8], 1u64.to_le_bytes()].concat())),
        ("R", npy("<f8", "1,", &[0; 8])),
        ("choice_ptr", npy("<i8", "2,", &[[0; 8], 1u64.to_le_bytes()].concat())),
        ("action", npy("<i8", "1,", &u64::from(u32::MAX).to_le_bytes())),
    ];
    let message = refusal("t.npz", &npz(&action));
    assert!(message.contains("action 4294967295"), "{message}");
}
