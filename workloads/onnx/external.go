package onnx

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"nnsim/workloads"
)

// chunk is how much of another file is read at a time; it divides by every element size.
const chunk = 1 << 16

// readExternal reads values that stand in another file, straight into their array.
// The file must lie in the model's folder, whatever the path or a link in it says.
func (t *tensorProto) readExternal(dir string, elem workloads.DType, shape workloads.Shape) (*workloads.Array, error) {
	location := t.external["location"]
	if dir == "" || location == "" {
		return nil, fmt.Errorf("tensor %s is stored in another file (%q), which cannot be looked for here", t.name, location)
	}
	if !filepath.IsLocal(location) {
		return nil, fmt.Errorf("tensor %s is stored in %q; the file must lie in the model's folder", t.name, location)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", t.name, err)
	}
	defer root.Close()
	// Before opening, for opening a pipe would wait for a writer for ever.
	info, err := root.Stat(location)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: external data %s: %w", t.name, location, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("tensor %s: external data %s is not a regular file", t.name, location)
	}
	offset, err := t.extent(info.Size(), elem.StoredBytes(shape.Elements()))
	if err != nil {
		return nil, fmt.Errorf("tensor %s: external data %s: %w", t.name, location, err)
	}
	f, err := root.Open(location)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: external data %s: %w", t.name, location, err)
	}
	defer f.Close()
	a, n := workloads.NewArray(elem, shape), int(shape.Elements())
	buffer := make([]byte, chunk)
	for at := 0; at < n; {
		count := min(n-at, chunk*8/elem.Bits())
		piece := buffer[:elem.StoredBytes(int64(count))]
		if _, err := f.ReadAt(piece, offset); err != nil && err != io.EOF {
			return nil, fmt.Errorf("tensor %s: external data %s: %w", t.name, location, err)
		}
		unpack(a, piece, at, count)
		at, offset = at+count, offset+int64(len(piece))
	}
	return a, nil
}

// extent is where in a file of so many bytes the values begin, after checking
// that it holds all of them.
func (t *tensorProto) extent(size, want int64) (offset int64, err error) {
	length := want
	for key, v := range map[string]*int64{"offset": &offset, "length": &length} {
		text, given := t.external[key]
		if !given {
			continue
		}
		if *v, err = strconv.ParseInt(text, 10, 64); err != nil || *v < 0 {
			return 0, fmt.Errorf("%s %q is not a number of bytes", key, text)
		}
	}
	if length != want {
		return 0, fmt.Errorf("length is %d bytes, the tensor's shape asks for %d", length, want)
	}
	if offset > size || want > size-offset {
		return 0, fmt.Errorf("the file has %d bytes, %d from byte %d on are needed", size, want, offset)
	}
	return offset, nil
}
