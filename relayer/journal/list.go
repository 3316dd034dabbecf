package journal

import (
	"encoding/json"
	"fmt"
)

// Entry is one record read back, with its key.
type Entry[T any] struct {
	Key   string
	Value T
}

// List reads every record of a kind whose key begins with prefix, in order of key.
func List[T any](j *Journal, kind Kind, prefix string) ([]Entry[T], error) {
	var entries []Entry[T]
	err := j.Each(kind, prefix, func(key string, raw []byte) error {
		entry := Entry[T]{Key: key}
		if err := json.Unmarshal(raw, &entry.Value); err != nil {
			return fmt.Errorf("journal record %s/%s is unreadable: %w", kind, key, err)
		}
		entries = append(entries, entry)
		return nil
	})
	return entries, err
}

// Count is the number of records of a kind.
func Count(j *Journal, kind Kind) (int, error) {
	count := 0
	err := j.Each(kind, "", func(string, []byte) error { count++; return nil })
	return count, err
}
