//! A writer that fails once.

use std::io::{Result, Seek, SeekFrom, Write};

/// Hands everything on to `inner` until that fails for the first time, and swallows what comes after.
///
/// The archive writer finishes the archive when it is dropped, and prints to standard error if it cannot. After a failure
/// (a full disk, say) the file is thrown away anyhow and the first error has been returned, so there is nothing to finish.
pub(super) struct Steady<W> {
    inner: W,
    failed: bool,
    /// Where the next byte would go, for [`Seek`] after a failure.
    position: u64,
}

impl<W: Write + Seek> Steady<W> {
    pub fn new(inner: W) -> Steady<W> {
        Steady { inner, failed: false, position: 0 }
    }

    fn attempt<T>(&mut self, act: impl FnOnce(&mut W) -> Result<T>, swallowed: T) -> Result<T> {
        if self.failed {
            return Ok(swallowed);
        }
        let outcome = act(&mut self.inner);
        self.failed = outcome.as_ref().is_err_and(|error| error.kind() != std::io::ErrorKind::Interrupted);
        outcome
    }
}

impl<W: Write + Seek> Write for Steady<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = self.attempt(|inner| inner.write(bytes), bytes.len())?;
        self.failed |= written == 0 && !bytes.is_empty();
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        self.attempt(W::flush, ())
    }
}

impl<W: Write + Seek> Seek for Steady<W> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let swallowed = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(offset) => self.position.saturating_add_signed(offset),
            SeekFrom::End(_) => self.position,
        };
        self.position = self.attempt(|inner| inner.seek(to), swallowed)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn only_the_first_failure_is_told() {
        let mut room = [0u8; 4];
        let mut writer = Steady::new(Cursor::new(&mut room[..]));
        writer.write_all(b"abc").unwrap();
        assert_eq!(writer.seek(SeekFrom::Start(2)).unwrap(), 2);
        assert!(writer.write_all(b"cdef").is_err(), "there is no room");
        writer.write_all(b"ghi").unwrap();
        let after = writer.stream_position().unwrap();
        assert_eq!(writer.seek(SeekFrom::Current(-1)).unwrap(), after - 1);
        writer.flush().unwrap();
        assert_eq!(&room, b"abcd");
    }

    #[test]
    fn seeking_and_overwriting_go_through() {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = Steady::new(&mut bytes);
        writer.write_all(b"0123").unwrap();
        writer.seek(SeekFrom::Start(1)).unwrap();
        writer.write_all(b"x").unwrap();
        writer.seek(SeekFrom::End(0)).unwrap();
        writer.write_all(b"y").unwrap();
        assert_eq!(bytes.into_inner(), b"0x23y");
    }
}
