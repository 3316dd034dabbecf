package execution

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/trie"
)

// Prove is the path of a list's item, for those who verify without the list.
// Error: ErrAbsent.
func (l List) Prove(index uint64) (Path, error) {
	if index >= uint64(len(l)) {
		return nil, fmt.Errorf("%w: index %d of %d", ErrAbsent, index, len(l))
	}
	tr := trie.NewEmpty(nil) // in memory: nothing is ever read back
	for i, item := range l {
		if err := tr.Update(indexKey(uint64(i)), item); err != nil {
			return nil, fmt.Errorf("building trie: %w", err)
		}
	}
	var path pathWriter
	err := tr.Prove(indexKey(index), &path)
	return path.path, err
}

// pathWriter takes the nodes in the order in which a trie is walked.
type pathWriter struct{ path Path }

// Put implements ethdb.KeyValueWriter.
func (w *pathWriter) Put(_, node []byte) error {
	w.path = append(w.path, node)
	return nil
}

// Delete implements ethdb.KeyValueWriter; a proof deletes nothing.
func (w *pathWriter) Delete([]byte) error { return errors.New("a path is only added to") }

// DeleteRange implements ethdb.KeyValueRangeDeleter; a proof deletes nothing.
func (w *pathWriter) DeleteRange(_, _ []byte) error { return errors.New("a path is only added to") }
