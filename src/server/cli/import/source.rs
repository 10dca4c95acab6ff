//! A file to import, unpacked, with the digest that knows it again.

use domain::{Error, Result};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom, Write, copy, stdin},
    path::{Path, PathBuf},
};

/// A file of plain text that can be read again.
pub struct Source {
    /// As it is told to people.
    pub name: String,
    /// SHA-256 of the plain text, hex.
    pub digest: String,
    /// Bytes of plain text.
    pub len: u64,
    pub path: Option<PathBuf>,
    text: File,
}

impl Source {
    /// Opens a file or, for `-`, standard input. What is packed, or can be read only once, is unpacked beside first.
    pub fn open(path: &Path) -> Result<Self> {
        let is_stdin = path == Path::new("-");
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        let failed = |error: std::io::Error| Error::invalid(format!("{name} could not be read: {error}"));
        let (text, digest, len) = if is_stdin {
            plain(BufReader::new(stdin())).map_err(failed)?
        } else {
            let file = File::open(path).map_err(failed)?;
            if starts_packed(&file).map_err(failed)? {
                plain(file).map_err(failed)?
            } else {
                let (digest, len) = digested(&file, &mut std::io::sink()).map_err(failed)?;
                (file, digest, len)
            }
        };
        Ok(Self { name, digest, len, path: (!is_stdin).then(|| path.to_owned()), text })
    }

    /// The text from its beginning.
    pub fn read(&self) -> Result<BufReader<&File>> {
        let mut text = &self.text;
        text.seek(SeekFrom::Start(0)).map_err(Error::internal)?;
        Ok(BufReader::new(text))
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

fn starts_packed(mut file: &File) -> std::io::Result<bool> {
    let mut start = Vec::new();
    file.take(2).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(start == GZIP)
}

/// Unpacks what is packed into a file without a name, which is gone when it is closed.
fn plain(mut packed: impl Read) -> std::io::Result<(File, String, u64)> {
    let mut start = Vec::new();
    packed.by_ref().take(2).read_to_end(&mut start)?;
    let is_packed = start == GZIP;
    let whole = start.as_slice().chain(packed);
    let mut text = tempfile::tempfile()?;
    let (digest, len) = if is_packed {
        digested(MultiGzDecoder::new(whole), &mut text)?
    } else {
        digested(whole, &mut text)?
    };
    Ok((text, digest, len))
}

/// Copies, and tells the digest and length of what was copied.
fn digested(from: impl Read, to: &mut impl Write) -> std::io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut buffered = BufReader::with_capacity(1 << 16, from);
    let len = copy(&mut buffered, &mut Tee { digest: &mut digest, to })?;
    Ok((format!("{:x}", digest.finalize()), len))
}

struct Tee<'a, W> {
    digest: &'a mut Sha256,
    to: &'a mut W,
}

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}
