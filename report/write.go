package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes a file whole or not at all: what write makes goes to a temporary
// file beside it, which is then renamed. A file that is there is replaced.
func WriteFile(path string, write func(io.Writer) error) error {
	file, err := beside(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<16)
	err = errors.Join(write(buffered), buffered.Flush(), file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%s: cannot be written: %w", path, errors.Join(reason(err), os.Remove(file.Name())))
	}
	return nil
}

// CanWrite tells whether a file could be written now, before long work for it begins.
func CanWrite(path string) error {
	file, err := beside(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// beside makes a temporary file in the directory of the one to be written.
func beside(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a file; name one to write to", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".nnsim-*")
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written: %w; choose a directory that is there and writable", path, reason(err))
	}
	return file, nil
}

// reason is what the system said, without the name of the temporary file.
func reason(err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		return of.Err
	}
	if of := (*os.LinkError)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}
