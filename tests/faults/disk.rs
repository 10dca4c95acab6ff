//! A file system of its own size, for as long as a test runs.

use std::{fs::File, io::Write, path::Path, process::Command};
use tempfile::TempDir;

pub struct Disk(TempDir);

impl Disk {
    pub fn of(size: &str) -> Option<Self> {
        let disk = Self(TempDir::new().unwrap());
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], disk.path());
        mounted.then_some(disk)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn grow(&self, size: &str) {
        assert!(mount(&["-o", &format!("remount,size={size}")], self.path()));
    }

    /// Writes until not one more byte goes in.
    pub fn fill(&self) {
        let mut file = File::create(self.path().join("filler")).unwrap();
        for piece in [64 * 1024, 4096, 1] {
            while file.write_all(&vec![1; piece]).is_ok() {}
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let ran = Command::new("mount").args(arguments).arg(at).stderr(std::process::Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}
