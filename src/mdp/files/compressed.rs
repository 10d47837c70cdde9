//! Files that may be gzipped or xz-compressed, told apart by their first bytes, as bounded streams.
//!
//! Deflate shrinks data by a factor of 1032 at most, xz by more, but tables are far from both. A stream ends with an error as
//! soon as it has given more than the file's size justifies, so that a small file cannot fill the memory.

use std::fs::File;
use std::io::{Cursor, Read};
use std::num::NonZeroUsize;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use xz4rust::{XzDecoder, XzReader};

use super::fault;
use crate::{Error, Result};

/// A table is not larger in memory than this many times its file.
pub(super) const MOST_GROWTH: u64 = 128;

/// The most bytes of memory that a file of `size` bytes justifies: [`MOST_GROWTH`] times as many, and 64 MiB for all.
pub(super) fn justified(size: u64) -> u64 {
    size.saturating_mul(MOST_GROWTH).saturating_add(1 << 26)
}

/// The largest window of xz's own settings (`xz -9`).
const MOST_XZ_WINDOW: usize = 64 << 20;

/// How a file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Plain,
    Gz,
    Xz,
}

/// How `file` is stored, by its first bytes; reading goes on at the start.
pub(super) fn storage(file: &mut File) -> std::io::Result<(Storage, Vec<u8>)> {
    let mut start = Vec::new();
    file.by_ref().take(6).read_to_end(&mut start)?;
    let storage = match start.as_slice() {
        [0x1f, 0x8b, ..] => Storage::Gz,
        b"\xfd7zXZ\0" => Storage::Xz,
        _ => Storage::Plain,
    };
    Ok((storage, start))
}

/// Opens a file and undoes its compression; also the size of the file.
pub(super) fn open(path: &Path) -> Result<(Box<dyn Read>, u64)> {
    let mut file = File::open(path).map_err(|e| Error::io(path, e))?;
    let attempt = (|| Ok((file.metadata()?.len(), storage(&mut file)?)))();
    let (size, (storage, start)) = attempt.map_err(|e: std::io::Error| Error::io(path, e))?;
    Ok((stream(Cursor::new(start).chain(file), size, storage), size))
}

/// The bounded stream of `size` stored bytes.
pub(super) fn stream(stored: impl Read + 'static, size: u64, storage: Storage) -> Box<dyn Read> {
    let left = justified(size);
    match storage {
        Storage::Plain => Box::new(stored),
        Storage::Gz => Box::new(Bounded { inner: MultiGzDecoder::new(std::io::BufReader::new(stored)), left }),
        Storage::Xz => {
            let decoder = XzDecoder::in_heap_with_alloc_dict_size(0, MOST_XZ_WINDOW);
            let buffer = NonZeroUsize::MIN.saturating_add(1 << 15);
            Box::new(Bounded { inner: XzReader::new_with_buffer_size_and_decoder(stored, buffer, decoder), left })
        }
    }
}

/// An error of reading a stream: of the operating system, or of what the file holds.
pub(super) fn unreadable(path: &Path, error: std::io::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof | Other => {
            fault(path, format!("its compressed data is damaged or cut off ({error})"))
        }
        _ => Error::io(path, error),
    }
}

struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("it grows to more than {MOST_GROWTH} times its size; decompress it first"),
            )),
        }
    }
}
