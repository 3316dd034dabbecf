package beacon

import (
	"encoding/binary"
	"fmt"
)

// codec walks the fields of one SSZ container in order, writing or reading. A
// container's layout is thereby said once, for both ways.
type codec struct {
	reading bool
	buf     []byte // what is left to read, or what was written
	size    int    // of the whole when reading
	parts   []part
	err     error
}

// part is a field of variable size: its offset when reading, the place of the
// offset when writing, and what walks it.
type part struct {
	at   int
	walk func(*codec)
}

const offsetSize = 4

func encode(walk func(*codec)) ([]byte, error) {
	c := &codec{}
	c.container(walk)
	return c.buf, c.err
}

// decode reads a container that must fill raw exactly. Error: ErrMalformed.
func decode(raw []byte, walk func(*codec)) error {
	c := &codec{reading: true, buf: raw, size: len(raw)}
	c.container(walk)
	return c.err
}

func (c *codec) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
}

// bytes is a vector of known length.
func (c *codec) bytes(b []byte) {
	if !c.reading {
		c.buf = append(c.buf, b...)
		return
	}
	if len(c.buf) < len(b) {
		c.fail("%d bytes left, want %d", len(c.buf), len(b))
		return
	}
	copy(b, c.buf)
	c.buf = c.buf[len(b):]
}

func (c *codec) uint(v *uint64) {
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], *v)
	c.bytes(raw[:])
	*v = binary.LittleEndian.Uint64(raw[:])
}

// roots is a vector of a known number of roots.
func (c *codec) roots(list *[]Root, count int) {
	if c.reading {
		*list = make([]Root, count)
	} else if len(*list) != count {
		c.fail("%d roots, want %d", len(*list), count)
		return
	}
	for i := range *list {
		c.bytes((*list)[i][:])
	}
}

// list is a list of bytes at the end of its container.
func (c *codec) list(b *[]byte, limit int) {
	if c.reading {
		if len(c.buf) > limit {
			c.fail("list of %d bytes, want at most %d", len(c.buf), limit)
			return
		}
		*b = append([]byte(nil), c.buf...)
		c.buf = nil
		return
	}
	c.buf = append(c.buf, *b...)
}

// variable is a field of variable size: an offset here, the field itself after
// the fixed fields.
func (c *codec) variable(walk func(*codec)) {
	at := len(c.buf)
	var raw [offsetSize]byte
	c.bytes(raw[:])
	if c.reading {
		at = int(binary.LittleEndian.Uint32(raw[:]))
	}
	c.parts = append(c.parts, part{at: at, walk: walk})
}

// container walks the fixed fields, then the variable ones, which must follow
// without a gap.
func (c *codec) container(walk func(*codec)) {
	walk(c)
	if c.err != nil {
		return
	}
	if c.reading {
		c.readParts()
		return
	}
	for _, p := range c.parts {
		binary.LittleEndian.PutUint32(c.buf[p.at:], uint32(len(c.buf)))
		field := &codec{}
		field.container(p.walk)
		c.buf = append(c.buf, field.buf...)
		if field.err != nil {
			c.err = field.err
			return
		}
	}
}

func (c *codec) readParts() {
	start, rest := c.size-len(c.buf), c.buf
	for i, p := range c.parts {
		end := c.size
		if i+1 < len(c.parts) {
			end = c.parts[i+1].at
		}
		if p.at != start || end < start || end > c.size {
			c.fail("field %d lies from %d to %d, want %d to at most %d", i, p.at, end, start, c.size)
			return
		}
		field := &codec{reading: true, buf: rest[:end-start], size: end - start}
		if field.container(p.walk); field.err != nil {
			c.err = field.err
			return
		}
		start, rest = end, rest[end-start:]
	}
	if len(rest) > 0 {
		c.fail("%d bytes too many", len(rest))
	}
}
