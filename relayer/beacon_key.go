package relayer

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

var (
	// ErrBeaconKey: a beacon key file is missing, can be read by others, or is not what this relayer wrote. It never says what is in it.
	ErrBeaconKey = errors.New("unusable beacon key file")
	// ErrBeaconKeyExists: there is a file already, and a beacon key is never overwritten.
	ErrBeaconKeyExists = errors.New("beacon key file exists")
)

const (
	// beaconKeyVersion is the layout of a beacon key file.
	beaconKeyVersion = 1
	// beaconKeyMode lets nobody but the owner read the file.
	beaconKeyMode = 0o600
	// maxBeaconKeyFile bounds what is read of a file that is none.
	maxBeaconKeyFile = 4096
)

// beaconKeyFile is the content of a beacon key file. Seed is the secret: 32 random bytes of which everything else follows.
type beaconKeyFile struct {
	Version   int    `json:"version"`
	PublicKey []byte `json:"public_key"`
	Seed      []byte `json:"seed"`
}

func (f beaconKeyFile) encode() ([]byte, error) {
	raw, err := json.MarshalIndent(f, "", "  ")
	return append(raw, '\n'), err
}

// CreateBeaconKey makes a beacon key and writes it to a new file of mode 0600. Error: ErrBeaconKeyExists for any file that is there.
func CreateBeaconKey(path string) (pvss.PublicKey, error) {
	seed := make([]byte, pvss.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return pvss.PublicKey{}, err
	}
	key, err := pvss.NewSecretKey(seed)
	if err != nil {
		return pvss.PublicKey{}, err
	}
	public := key.PublicKey()
	raw, err := beaconKeyFile{Version: beaconKeyVersion, PublicKey: public[:], Seed: seed}.encode()
	if err != nil {
		return pvss.PublicKey{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return pvss.PublicKey{}, err
	}
	return public, writeNew(path, raw)
}

// writeNew writes a file that must not be there, and has it on disk when it returns.
func writeNew(path string, raw []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, beaconKeyMode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s; it is never overwritten", ErrBeaconKeyExists, path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// ReadBeaconKey reads a beacon key file. Nobody but its owner may be able to read it, and it must be byte for byte what
// CreateBeaconKey writes. Error: ErrBeaconKey.
func ReadBeaconKey(path string) (pvss.SecretKey, error) {
	raw, err := readPrivate(path)
	if err != nil {
		return pvss.SecretKey{}, fmt.Errorf("%w: %w", ErrBeaconKey, err)
	}
	var content beaconKeyFile
	// What the decoder says could quote the secret.
	if json.Unmarshal(raw, &content) != nil {
		return pvss.SecretKey{}, fmt.Errorf("%w: %s is no JSON of a beacon key: restore it from your backup", ErrBeaconKey, path)
	}
	if content.Version != beaconKeyVersion {
		return pvss.SecretKey{}, fmt.Errorf("%w: %s has version %d, want %d", ErrBeaconKey, path, content.Version, beaconKeyVersion)
	}
	if canonical, err := content.encode(); err != nil || !bytes.Equal(canonical, raw) {
		return pvss.SecretKey{}, fmt.Errorf("%w: %s was edited: restore it from your backup", ErrBeaconKey, path)
	}
	key, err := pvss.NewSecretKey(content.Seed)
	if err != nil {
		return pvss.SecretKey{}, fmt.Errorf("%w: %s: %w", ErrBeaconKey, path, err)
	}
	if public := key.PublicKey(); !bytes.Equal(public[:], content.PublicKey) {
		return pvss.SecretKey{}, fmt.Errorf("%w: %s names public key %X, and its secret makes %X", ErrBeaconKey, path, content.PublicKey, public[:])
	}
	return key, nil
}

func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: make one with stafid relayer init, or restore it from your backup", path)
	}
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %s, want a file that only its owner can read: chmod 600", path, mode)
	}
	if info.Size() > maxBeaconKeyFile {
		return nil, fmt.Errorf("%s has %d bytes, want at most %d", path, info.Size(), maxBeaconKeyFile)
	}
	return os.ReadFile(path)
}

// BeaconKeyFiles are the files that hold this operator's beacon keys, the registered one first. Files are read when a key is asked
// for that no file gave yet, so that one that was missing can be put back while the relayer runs. Safe for concurrent use.
type BeaconKeyFiles struct {
	paths []string

	mu   sync.Mutex
	keys map[pvss.PublicKey]pvss.SecretKey
}

// OpenBeaconKeys names the files of a configuration; it reads none, for without them all other duties go on.
func OpenBeaconKeys(home string, cfg Config) *BeaconKeyFiles {
	paths := []string{cfg.BeaconKeyPath(home)}
	for _, former := range cfg.FormerBeaconKeyFiles {
		paths = append(paths, under(Dir(home), former))
	}
	return &BeaconKeyFiles{paths: paths, keys: map[pvss.PublicKey]pvss.SecretKey{}}
}

// Find returns the secret of a 32-byte beacon key. Error: ErrBeaconKey, naming every file that could not be read.
func (f *BeaconKeyFiles) Find(public []byte) (pvss.SecretKey, error) {
	wanted, err := pvss.ParsePublicKey(public)
	if err != nil {
		return pvss.SecretKey{}, fmt.Errorf("%w: key %X: %w", ErrBeaconKey, public, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if key, known := f.keys[wanted]; known {
		return key, nil
	}
	var errs []error
	for _, path := range f.paths {
		key, err := ReadBeaconKey(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f.keys[key.PublicKey()] = key
	}
	if key, known := f.keys[wanted]; known {
		return key, nil
	}
	if len(errs) > 0 {
		return pvss.SecretKey{}, errors.Join(errs...)
	}
	return pvss.SecretKey{}, fmt.Errorf("%w: key %X is in none of %v: name its file in beacon_key_file, or in former_beacon_key_files",
		ErrBeaconKey, public, f.paths)
}
