//! The members of a UMB archive: a tar file, plain, gzipped or xz-compressed, as arrays of known type and length.
//!
//! A plain archive is only listed, and each member is then read from its place; a compressed one is unpacked member by member.
//! Every array is compared with the length of its member before memory is taken for it, and all memory is counted against what
//! the size of the file justifies.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::index::Kind;
use crate::mdp::files::compressed::{self, Storage};
use crate::mdp::files::fault;
use crate::mdp::files::rational::nearest_double;
use crate::{Error, Result};

/// A readable archive.
pub(super) struct Members {
    path: PathBuf,
    places: HashMap<String, Place>,
    file: File,
    /// The bytes of memory that the file's size still justifies.
    left: u64,
}

enum Place {
    /// In the archive itself.
    Stored { offset: u64, length: u64 },
    /// In memory.
    Unpacked(Vec<u8>),
}

impl Members {
    pub fn open(path: &Path) -> Result<Members> {
        let mut file = File::open(path).map_err(|e| Error::io(path, e))?;
        let size = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let (storage, start) = compressed::storage(&mut file).map_err(|e| Error::io(path, e))?;
        let no_archive = |e: std::io::Error| fault(path, format!("it is not a complete tar archive ({e})"));
        let mut places = HashMap::new();
        if storage == Storage::Plain {
            file.rewind().map_err(|e| Error::io(path, e))?;
            let mut archive = tar::Archive::new(&file);
            for entry in archive.entries_with_seek().map_err(no_archive)? {
                let entry = entry.map_err(no_archive)?;
                let (offset, length) = (entry.raw_file_position(), entry.size());
                if entry.header().entry_type().is_file() {
                    let name = member_name(&entry);
                    if offset.checked_add(length).is_none_or(|end| end > size) {
                        return Err(fault(path, format!("its member `{name}` is cut off")));
                    }
                    places.insert(name, Place::Stored { offset, length });
                }
            }
        } else {
            let copy = file.try_clone().map_err(|e| Error::io(path, e))?;
            let unreadable = |e| compressed::unreadable(path, e);
            let mut archive = tar::Archive::new(compressed::stream(Cursor::new(start).chain(copy), size, storage));
            for entry in archive.entries().map_err(unreadable)? {
                let mut entry = entry.map_err(unreadable)?;
                let name = member_name(&entry);
                if entry.header().entry_type().is_file() && is_read(&name) {
                    let (mut bytes, length) = (Vec::new(), entry.size());
                    entry.read_to_end(&mut bytes).map_err(unreadable)?;
                    if bytes.len() as u64 != length {
                        return Err(fault(path, format!("its member `{name}` is cut off")));
                    }
                    places.insert(name, Place::Unpacked(bytes));
                }
            }
            // Whatever follows the last member holds the checksum.
            std::io::copy(&mut archive.into_inner(), &mut std::io::sink()).map_err(unreadable)?;
        }
        Ok(Members { path: path.to_owned(), places, file, left: compressed::justified(size) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    pub fn fault(&self, name: &str, problem: impl std::fmt::Display) -> Error {
        fault(&self.path, format!("its member `{name}` {problem}"))
    }

    /// Counts memory that is about to be taken for what the archive says.
    pub fn take_memory(&mut self, bytes: u64) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => {
                let factor = compressed::MOST_GROWTH;
                return Err(fault(
                    &self.path,
                    format!("its table takes more than {factor} times its size; unpack it first"),
                ));
            }
        }
        Ok(())
    }

    fn length(&self, name: &str) -> Result<u64> {
        match self.places.get(name) {
            Some(Place::Stored { length, .. }) => Ok(*length),
            Some(Place::Unpacked(bytes)) => Ok(bytes.len() as u64),
            None => {
                let mut found: Vec<&str> = self.places.keys().map(String::as_str).take(20).collect();
                found.sort_unstable();
                let found = if found.is_empty() { "none at all".to_owned() } else { found.join(", ") };
                Err(fault(&self.path, format!("it has no member `{name}`; it has {found}")))
            }
        }
    }

    /// A whole member; each is read at most once.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let length = self.length(name)?;
        self.take_memory(length)?;
        match self.places.remove(name) {
            Some(Place::Stored { offset, .. }) => {
                let mut bytes = vec![0; length as usize];
                self.read_at(name, offset, &mut bytes)?;
                Ok(bytes)
            }
            Some(Place::Unpacked(bytes)) => Ok(bytes),
            None => Ok(Vec::new()),
        }
    }

    fn read_at(&mut self, name: &str, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let attempt = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.read_exact(bytes));
        attempt.map_err(|e| self.fault(name, format!("cannot be read ({e})")))
    }

    /// Checks that a member holds `count` items of `width` bytes.
    fn expect(&self, name: &str, count: u64, width: u64) -> Result<()> {
        let length = self.length(name)?;
        if count.checked_mul(width) == Some(length) {
            return Ok(());
        }
        Err(self.fault(name, format!("has {length} bytes; there should be {count} times {width}")))
    }

    /// `count` items of `W` bytes, converted piece by piece.
    fn items<const W: usize, T>(
        &mut self,
        name: &str,
        count: u64,
        mut convert: impl FnMut([u8; W]) -> T,
    ) -> Result<Vec<T>> {
        self.expect(name, count, W as u64)?;
        self.take_memory(count.saturating_mul(size_of::<T>() as u64))?;
        let mut items = Vec::with_capacity(count as usize);
        match self.places.remove(name) {
            Some(Place::Stored { offset, length }) => {
                let mut buffer = vec![0; W << 14];
                let mut done = 0;
                while done < length {
                    let piece = (length - done).min(buffer.len() as u64) as usize;
                    self.read_at(name, offset + done, &mut buffer[..piece])?;
                    items.extend(buffer[..piece].as_chunks().0.iter().map(|&item| convert(item)));
                    done += piece as u64;
                }
            }
            Some(Place::Unpacked(bytes)) => items.extend(bytes.as_chunks().0.iter().map(|&item| convert(item))),
            None => {}
        }
        Ok(items)
    }

    /// `count` indices of 64 bits, each of which must fit 32.
    pub fn indices(&mut self, name: &str, count: u64) -> Result<Vec<u32>> {
        let mut largest = 0;
        let indices = self.items(name, count, |item| {
            let index = u64::from_le_bytes(item);
            largest = largest.max(index);
            index as u32
        })?;
        if largest > u64::from(u32::MAX) {
            return Err(self.fault(name, format!("holds {largest}; indices should be below 2^32")));
        }
        Ok(indices)
    }

    /// Row starts: `count + 1` indices from 0 to `end` that never fall.
    pub fn starts(&mut self, name: &str, count: u64, end: u64) -> Result<Vec<u32>> {
        let starts = self.indices(name, count + 1)?;
        let ordered = starts[0] == 0 && starts.windows(2).all(|w| w[0] <= w[1]);
        if ordered && starts.last().is_some_and(|&last| u64::from(last) == end) {
            return Ok(starts);
        }
        Err(self.fault(name, format!("must start at 0, never fall, and end at {end}")))
    }

    /// `count` numbers of 32 bits.
    pub fn small_indices(&mut self, name: &str, count: u64) -> Result<Vec<u32>> {
        self.items(name, count, u32::from_le_bytes)
    }

    /// The places of the ones among `count` bits, lowest bit first; the member may be padded to whole words.
    pub fn ones(&mut self, name: &str, count: u64) -> Result<Vec<u32>> {
        let length = self.length(name)?;
        if length < count.div_ceil(8) || length > count.div_ceil(64).saturating_mul(8) {
            return Err(self.fault(name, format!("has {length} bytes, which is not {count} bits")));
        }
        let bytes = self.bytes(name)?;
        let ones: u64 = bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
        self.take_memory(4 * ones)?;
        Ok((0..count as u32).filter(|&i| bytes[i as usize / 8] >> (i % 8) & 1 == 1).collect())
    }

    /// `count` numbers of a type that the index says.
    pub fn numbers(&mut self, name: &str, count: u64, kind: &Kind) -> Result<Vec<f64>> {
        match (kind.name.as_str(), kind.size()) {
            ("double", 64) => self.items(name, count, f64::from_le_bytes),
            ("rational", size) if size > 0 && size % 16 == 0 => self.quotients(name, count, size as usize / 8),
            ("int", 64) => self.items(name, count, |x| i64::from_le_bytes(x) as f64),
            ("int", 32) => self.items(name, count, |x| f64::from(i32::from_le_bytes(x))),
            ("uint", 64) => self.items(name, count, |x| u64::from_le_bytes(x) as f64),
            ("uint", 32) => self.items(name, count, |x| f64::from(u32::from_le_bytes(x))),
            (other, size) => {
                let why = if other.ends_with("-interval") { ", an interval" } else { "" };
                Err(self.fault(
                    name,
                    format!(
                        "has values of type `{other}` with {size} bits{why}; supported are double (64 bits), rational \
                         (a multiple of 16 bits), int and uint (32 or 64 bits)"
                    ),
                ))
            }
        }
    }

    /// Numerator (signed) and denominator (unsigned), each in half of `width` bytes.
    fn quotients(&mut self, name: &str, count: u64, width: usize) -> Result<Vec<f64>> {
        self.expect(name, count, width as u64)?;
        let bytes = self.bytes(name)?;
        self.take_memory(8 * count)?;
        let mut values = Vec::with_capacity(count as usize);
        for (i, item) in bytes.chunks_exact(width).enumerate() {
            let (numerator, denominator) = item.split_at(width / 2);
            let negative = numerator.last().is_some_and(|&top| top >= 0x80);
            let mut numerator = limbs(numerator, if negative { 0xff } else { 0 });
            if negative {
                negate(&mut numerator);
            }
            let Some(size) = nearest_double(&numerator, &limbs(denominator, 0)) else {
                return Err(self.fault(name, format!("has denominator 0 in place {i}")));
            };
            values.push(if negative { -size } else { size });
        }
        Ok(values)
    }

    /// `count` strings: one text, and where each begins in it.
    pub fn strings(&mut self, text: &str, starts: &str, count: u64) -> Result<Vec<String>> {
        let end = self.length(text)?;
        let places = self.starts(starts, count, end)?;
        let bytes = self.bytes(text)?;
        let pieces = places.windows(2).map(|w| std::str::from_utf8(&bytes[w[0] as usize..w[1] as usize]));
        let strings: std::result::Result<Vec<String>, _> = pieces.map(|piece| piece.map(str::to_owned)).collect();
        strings.map_err(|e| self.fault(text, format!("is not UTF-8 ({e})")))
    }
}

/// Whether a member is any that a table is read from; others, such as the values of variables, are passed over.
fn is_read(name: &str) -> bool {
    let known =
        ["index.json", "state-", "choice-", "branch-", "actions/choices/", "annotations/rewards/", "annotations/aps/"];
    known.iter().any(|start| name.starts_with(start))
}

fn member_name<R: Read>(entry: &tar::Entry<'_, R>) -> String {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    name.strip_prefix("./").map(str::to_owned).unwrap_or(name)
}

/// Bytes, lowest first, as 64-bit limbs; missing ones are `fill`.
fn limbs(bytes: &[u8], fill: u8) -> Vec<u64> {
    let limb = |piece: &[u8]| {
        let mut all = [fill; 8];
        all[..piece.len()].copy_from_slice(piece);
        u64::from_le_bytes(all)
    };
    bytes.chunks(8).map(limb).collect()
}

/// Two's complement.
fn negate(limbs: &mut [u64]) {
    let mut carry = true;
    for limb in limbs {
        (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
    }
}
