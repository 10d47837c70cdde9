//! An npz file as named arrays of checked type and shape.
//!
//! The header of each array is read before its data, so that a damaged or hostile file leads to an error and never to an
//! allocation larger than the file can justify.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, ArrayView, Dimension};
use ndarray_npy::{ReadNpyExt, ReadableElement, WritableElement, WriteNpyExt};
use zip::ZipArchive;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::compressed::{MOST_GROWTH, justified};
use super::fault;
use super::steady::Steady;
use crate::{Error, Result};

/// A readable npz file.
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<File>,
}

/// Type and shape of an array, as its header says.
struct Header {
    dtype: String,
    shape: Vec<usize>,
}

impl Archive {
    pub fn open(path: &Path) -> Result<Archive> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let size = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let broken =
            |e: ZipError| fault(path, format!("it is not a complete npz file ({e}); it may be empty or cut off"));
        let mut zip = ZipArchive::new(file).map_err(broken)?;
        // All arrays together, since entries of a hostile archive may share their bytes.
        let mut claimed = 0u64;
        for i in 0..zip.len() {
            claimed = claimed.saturating_add(zip.by_index_raw(i).map_err(broken)?.size());
        }
        if claimed > justified(size) {
            return Err(fault(
                path,
                format!(
                    "its arrays claim {claimed} bytes, more than {MOST_GROWTH} times its own {size}; save it without \
                     compression (numpy.savez)"
                ),
            ));
        }
        Ok(Archive { path: path.to_owned(), zip })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.zip.file_names().map(|name| name.trim_end_matches(".npy").to_owned()).collect();
        names.sort();
        names
    }

    pub fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(&format!("{name}.npy")).is_some()
    }

    pub fn fault(&self, name: &str, problem: impl std::fmt::Display) -> Error {
        fault(&self.path, format!("array `{name}` {problem}"))
    }

    /// Real numbers in row-major order, and the shape. Accepts 64- and 32-bit floats and integers.
    pub fn numbers(&mut self, name: &str) -> Result<(Vec<f64>, Vec<usize>)> {
        match self.header(name)?.dtype.as_str() {
            "<f8" => self.load::<f64>(name),
            "<f4" => self.load::<f32>(name).map(|(v, shape)| (v.into_iter().map(f64::from).collect(), shape)),
            "<i4" => self.load::<i32>(name).map(|(v, shape)| (v.into_iter().map(f64::from).collect(), shape)),
            "<i8" => self.load::<i64>(name).map(|(v, shape)| (v.into_iter().map(|x| x as f64).collect(), shape)),
            other => Err(self.fault(name, format!("has type {other}; numbers should be <f8 or <f4"))),
        }
    }

    /// Whole numbers in row-major order, and the shape. Accepts signed and unsigned, 32 and 64 bits.
    pub fn integers(&mut self, name: &str) -> Result<(Vec<i64>, Vec<usize>)> {
        match self.header(name)?.dtype.as_str() {
            "<i8" => self.load::<i64>(name),
            "<i4" => self.load::<i32>(name).map(|(v, shape)| (v.into_iter().map(i64::from).collect(), shape)),
            "<u4" => self.load::<u32>(name).map(|(v, shape)| (v.into_iter().map(i64::from).collect(), shape)),
            "<u8" => {
                let (values, shape) = self.load::<u64>(name)?;
                let values: Option<Vec<i64>> = values.into_iter().map(|x| i64::try_from(x).ok()).collect();
                values.map(|v| (v, shape)).ok_or_else(|| self.fault(name, "holds a number above 2^63"))
            }
            other => Err(self.fault(name, format!("has type {other}; whole numbers should be <i8 or <i4"))),
        }
    }

    /// Indices `[n]` that fit 32 bits.
    pub fn indices(&mut self, name: &str) -> Result<Vec<u32>> {
        let dtype = self.header(name)?.dtype;
        // The common case without the detour over 64 bits.
        let (found, shape) = if dtype == "<i4" {
            let (values, shape) = self.load::<i32>(name)?;
            (
                values
                    .into_iter()
                    .map(|x| u32::try_from(x).map_err(|_| i64::from(x)))
                    .collect::<std::result::Result<Vec<u32>, i64>>(),
                shape,
            )
        } else {
            let (values, shape) = self.integers(name)?;
            (values.into_iter().map(|x| u32::try_from(x).map_err(|_| x)).collect(), shape)
        };
        if shape.len() != 1 {
            return Err(self.fault(name, format!("has shape {shape:?}; it should have one axis")));
        }
        found.map_err(|x| self.fault(name, format!("holds {x}; indices should be in 0..2^32")))
    }

    /// Bytes.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        match self.header(name)?.dtype.as_str() {
            "|u1" => Ok(self.load::<u8>(name)?.0),
            other => Err(self.fault(name, format!("has type {other}; bytes should be |u1"))),
        }
    }

    /// A set of states: a mask `[S]` of booleans, or a list of indices.
    pub fn states(&mut self, name: &str, states: usize) -> Result<Vec<u32>> {
        if self.header(name)?.dtype == "|b1" {
            let (mask, _) = self.load::<bool>(name)?;
            if mask.len() != states {
                return Err(self.fault(name, format!("has {} entries for {states} states", mask.len())));
            }
            return Ok((0..states as u32).filter(|&s| mask[s as usize]).collect());
        }
        let members = self.indices(name)?;
        match members.iter().find(|&&s| s as usize >= states) {
            Some(s) => Err(self.fault(name, format!("names state {s}, but the states are 0..{states}"))),
            None => Ok(members),
        }
    }

    fn header(&mut self, name: &str) -> Result<Header> {
        let path = self.path.clone();
        let broken = |problem: String| fault(&path, format!("array `{name}` {problem}"));
        let mut entry = self.zip.by_name(&format!("{name}.npy")).map_err(|e| broken(format!("cannot be read: {e}")))?;
        let size = entry.size();
        let mut start = [0u8; 12];
        entry.read_exact(&mut start).map_err(|e| broken(format!("is cut off ({e})")))?;
        if start[..6] != *b"\x93NUMPY" {
            return Err(broken("is not in numpy's format".into()));
        }
        // Version 1 gives the header's length in 2 bytes (so 2 bytes of text are read already), later ones in 4.
        let (length, mut text) = match start[6] {
            1 => (usize::from(u16::from_le_bytes([start[8], start[9]])), start[10..].to_vec()),
            _ => (u32::from_le_bytes([start[8], start[9], start[10], start[11]]) as usize, Vec::new()),
        };
        if length > 1 << 16 {
            return Err(broken(format!("has a header of {length} bytes")));
        }
        let mut rest = vec![0; length.saturating_sub(text.len())];
        entry.read_exact(&mut rest).map_err(|e| broken(format!("is cut off in its header ({e})")))?;
        text.extend(rest);
        let text = String::from_utf8_lossy(&text);
        let header = parse_header(&text).ok_or_else(|| broken(format!("has the unreadable header {text:?}")))?;
        let width: u64 = header.dtype.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(1);
        // An empty axis must not hide the length of the others.
        let bytes = header.shape.iter().try_fold(width, |n, &d| n.checked_mul(d.max(1) as u64));
        if bytes.is_none_or(|bytes| bytes > size) {
            return Err(broken(format!("claims shape {:?}, more than its {size} bytes can hold", header.shape)));
        }
        Ok(header)
    }

    fn load<T: ReadableElement + Clone>(&mut self, name: &str) -> Result<(Vec<T>, Vec<usize>)> {
        let path = self.path.clone();
        let broken = |problem: String| fault(&path, format!("array `{name}` {problem}"));
        let mut entry = self.zip.by_name(&format!("{name}.npy")).map_err(|e| broken(format!("cannot be read: {e}")))?;
        let preamble = preamble(&mut entry).map_err(|e| broken(format!("is cut off in its header ({e})")))?;
        let array = ArrayD::<T>::read_npy(Cursor::new(preamble).chain(entry));
        let array = array.map_err(|e| broken(format!("cannot be read: {e}")))?;
        let shape = array.shape().to_vec();
        if array.is_standard_layout() {
            let (values, _) = array.into_raw_vec_and_offset();
            return Ok((values, shape));
        }
        Ok((array.iter().cloned().collect(), shape))
    }
}

/// The bytes of an array up to its data, with the newline that ends a header put in where the writer left it out (as
/// Julia's NPZ does, which wrote the BRIDGE dataset). [`Archive::header`] has looked at them before.
fn preamble(entry: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; 10];
    entry.read_exact(&mut bytes)?;
    // Version 1 gives the header's length in 2 bytes, later ones in 4.
    let wide = bytes[6] > 1;
    let mut length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    if wide {
        bytes.resize(12, 0);
        entry.read_exact(&mut bytes[10..])?;
        length = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize;
    }
    let text = bytes.len();
    bytes.resize(text + length, 0);
    entry.read_exact(&mut bytes[text..])?;
    if bytes[text..].last() != Some(&b'\n') {
        bytes.push(b'\n');
        let length = ((length + 1) as u32).to_le_bytes();
        bytes[8..text].copy_from_slice(&length[..text - 8]);
    }
    Ok(bytes)
}

/// Reads `'descr': '<f8'` and `'shape': (2, 3)` out of the header's text, whatever their order.
fn parse_header(text: &str) -> Option<Header> {
    let after =
        |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start().trim_start_matches(':').trim_start());
    let dtype = after("'descr'")?.strip_prefix('\'')?.split_once('\'')?.0.to_owned();
    let inside = after("'shape'")?.strip_prefix('(')?.split_once(')')?.0;
    let parts = inside.split(',').map(str::trim).filter(|part| !part.is_empty());
    let shape = parts.map(|part| part.parse().ok()).collect::<Option<Vec<usize>>>()?;
    Some(Header { dtype, shape })
}

/// A writable npz file (uncompressed, since loading speed matters more than size).
pub(super) struct Writer<W: Write + std::io::Seek> {
    zip: zip::ZipWriter<Steady<W>>,
}

impl<W: Write + std::io::Seek> Writer<W> {
    pub fn new(file: W) -> Writer<W> {
        Writer { zip: zip::ZipWriter::new(Steady::new(file)) }
    }

    pub fn add<T: WritableElement + Clone, D: Dimension>(
        &mut self,
        name: &str,
        array: ArrayView<T, D>,
    ) -> std::io::Result<()> {
        // A fixed date, so that the same table gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .large_file(array.len() > 1 << 28);
        self.zip.start_file(format!("{name}.npy"), options).map_err(plain)?;
        let mut buffer = Cursor::new(Vec::new());
        array.write_npy(&mut buffer).map_err(std::io::Error::other)?;
        self.zip.write_all(buffer.get_ref())
    }

    pub fn finish(self) -> std::io::Result<()> {
        self.zip.finish().map_err(plain)?.flush()
    }
}

/// What the operating system said, without the archive writer's words around it.
fn plain(error: ZipError) -> std::io::Error {
    match error {
        ZipError::Io(error) => error,
        other => std::io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_without_newline_gets_one() {
        let ends = |bytes: &[u8]| preamble(&mut &bytes[..]).unwrap();
        assert_eq!(ends(b"\x93NUMPY\x01\x00\x02\x00{}data"), b"\x93NUMPY\x01\x00\x03\x00{}\n");
        assert_eq!(ends(b"\x93NUMPY\x01\x00\x03\x00{}\ndata"), b"\x93NUMPY\x01\x00\x03\x00{}\n");
        assert_eq!(ends(b"\x93NUMPY\x02\x00\x02\x00\x00\x00{}data"), b"\x93NUMPY\x02\x00\x03\x00\x00\x00{}\n");
        assert!(preamble(&mut &b"\x93NUMPY\x01\x00\x09\x00{}"[..]).is_err());
    }

    #[test]
    fn headers_are_read_in_any_order() {
        let header = parse_header("{'shape': (3, 4), 'fortran_order': True, 'descr': '<i8', }   \n").unwrap();
        assert_eq!((header.dtype.as_str(), header.shape), ("<i8", vec![3, 4]));
        assert_eq!(parse_header("{'descr': '|b1', 'shape': (), }").unwrap().shape, Vec::<usize>::new());
        assert!(parse_header("{'descr': '<f8'}").is_none());
        assert!(parse_header("{'descr': '<f8', 'shape': (x,)}").is_none());
    }
}
