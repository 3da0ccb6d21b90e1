//! `logs/dbt.log`: appended to, rotated by size (`dbt.log.1` to `dbt.log.5`), written in large pieces. What is buffered
//! reaches the disk at warnings, once a second, and at the end.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const BACKUPS: u32 = 5;
const BUFFER_BYTES: usize = 64 * 1024;
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// The log file, open for appending.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    writer: BufWriter<File>,
    size: u64,
    max_bytes: u64,
    flushed: Instant,
}

impl LogFile {
    /// Opens `path`, making its folder if needed. `max_bytes` of 0 never rotates.
    ///
    /// # Errors
    /// The folder cannot be made or the file cannot be opened.
    pub fn open(path: &Path, max_bytes: u64) -> io::Result<LogFile> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = append(path)?;
        let size = file.metadata()?.len();
        let writer = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(LogFile { path: path.to_owned(), writer, size, max_bytes, flushed: Instant::now() })
    }

    /// Appends a line; `now` writes it through to the disk.
    ///
    /// # Errors
    /// The disk is full, or the file is gone.
    pub fn write_line(&mut self, line: &str, now: bool) -> io::Result<()> {
        let length = line.len() as u64 + 1;
        if self.max_bytes > 0 && self.size > 0 && self.size + length >= self.max_bytes {
            self.rotate()?;
        }
        self.writer.write_all(line.as_bytes())?;
        self.writer.write_all(b"\n")?;
        self.size += length;
        if now || self.flushed.elapsed() >= FLUSH_EVERY {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes through to the disk.
    ///
    /// # Errors
    /// The disk is full, or the file is gone.
    pub fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.writer.flush()
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        for number in (1..BACKUPS).rev() {
            let from = self.backup(number);
            if from.exists() {
                std::fs::rename(from, self.backup(number + 1))?;
            }
        }
        std::fs::rename(&self.path, self.backup(1))?;
        self.writer = BufWriter::with_capacity(BUFFER_BYTES, append(&self.path)?);
        self.size = 0;
        Ok(())
    }

    fn backup(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotates_before_the_limit_is_passed() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("logs/dbt.log");
        let mut log = LogFile::open(&path, 20)?;
        for line in ["first line", "second line", "third line"] {
            log.write_line(line, true)?;
        }
        assert_eq!(std::fs::read_to_string(&path)?, "third line\n");
        assert_eq!(std::fs::read_to_string(folder.path().join("logs/dbt.log.1"))?, "second line\n");
        assert_eq!(std::fs::read_to_string(folder.path().join("logs/dbt.log.2"))?, "first line\n");
        Ok(())
    }
}
