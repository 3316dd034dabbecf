package rpcclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Account is what calls are counted by: each has a count of its own.
type Account struct {
	ChainID  string
	Era      uint64
	Contract uint64
	Operator string
	Client   string
}

// Counts count calls. Next returns the number of the next call, from 1, once it is remembered.
type Counts interface {
	Next(account Account) (uint64, error)
}

// FileCounts keep counts in a file. One process at a time may use it; counts of past eras are dropped.
type FileCounts struct {
	path string
	mu   sync.Mutex
}

// NewFileCounts uses a file, which need not exist.
func NewFileCounts(path string) *FileCounts { return &FileCounts{path: path} }

// counted is one line of the file.
type counted struct {
	Account Account `json:"account"`
	Calls   uint64  `json:"calls"`
}

// Next implements Counts. Errors: those of the disk, and of a file that is not one of counts.
func (f *FileCounts) Next(account Account) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, err := f.read()
	if err != nil {
		return 0, err
	}
	next := counted{Account: account, Calls: 1}
	kept := make([]counted, 0, len(known)+1)
	for _, c := range known {
		switch {
		case c.Account == account:
			next.Calls = c.Calls + 1
		case c.Account.ChainID != account.ChainID || c.Account.Era+1 >= account.Era:
			kept = append(kept, c)
		}
	}
	return next.Calls, f.write(append(kept, next))
}

func (f *FileCounts) read() ([]counted, error) {
	raw, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var known []counted
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, fmt.Errorf("%s is no file of counts: %w", f.path, err)
	}
	return known, nil
}

// write replaces the file as a whole.
func (f *FileCounts) write(known []counted) error {
	raw, err := json.MarshalIndent(known, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(f.path), "counts")
	if err != nil {
		return err
	}
	_, err = fresh.Write(raw)
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh.Name()))
	}
	return os.Rename(fresh.Name(), f.path)
}
