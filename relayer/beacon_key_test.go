package relayer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// newBeaconKey makes a key file in a directory of its own.
func newBeaconKey(t *testing.T) (path string, public pvss.PublicKey, seed []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "beacon_key.json")
	public, err := CreateBeaconKey(path)
	require.NoError(t, err)
	var content beaconKeyFile
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &content))
	return path, public, content.Seed
}

func TestABeaconKeyThatIsWrittenReadsBackAndOnlyItsOwnerCanReadIt(t *testing.T) {
	path, public, _ := newBeaconKey(t)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	key, err := ReadBeaconKey(path)
	require.NoError(t, err)
	require.Equal(t, public, key.PublicKey())
}

func TestTwoBeaconKeysDiffer(t *testing.T) {
	_, one, _ := newBeaconKey(t)
	_, other, _ := newBeaconKey(t)
	require.NotEqual(t, one, other)
}

func TestABeaconKeyIsNeverOverwritten(t *testing.T) {
	path, _, _ := newBeaconKey(t)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = CreateBeaconKey(path)
	require.ErrorIs(t, err, ErrBeaconKeyExists)
	require.ErrorContains(t, err, path)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestABrokenBeaconKeyFileIsRefusedByNameAndNeverQuoted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(raw []byte) []byte
		mode   os.FileMode
		says   string
	}{
		"empty":           {func([]byte) []byte { return nil }, 0o600, "no JSON"},
		"cut off":         {func(raw []byte) []byte { return raw[:len(raw)/2] }, 0o600, "no JSON"},
		"secret unquoted": {func(raw []byte) []byte { return bytes.ReplaceAll(raw, []byte(`": "`), []byte(`": `)) }, 0o600, "no JSON"},
		"another version": {func(raw []byte) []byte { return bytes.Replace(raw, []byte(": 1,"), []byte(": 2,"), 1) }, 0o600, "version 2, want 1"},
		"more behind it":  {func(raw []byte) []byte { return append(raw, '\n') }, 0o600, "was edited"},
		"unknown field":   {func(raw []byte) []byte { return bytes.Replace(raw, []byte("{"), []byte("{\n  \"x\": 1,"), 1) }, 0o600, "was edited"},
		"readable by all": {func(raw []byte) []byte { return raw }, 0o644, "-rw-r--r--"},
		"by the group":    {func(raw []byte) []byte { return raw }, 0o640, "-rw-r-----"},
		"too long":        {func([]byte) []byte { return make([]byte, 5000) }, 0o600, "5000 bytes"},
		"short seed":      {reencode(func(f *beaconKeyFile) { f.Seed = f.Seed[:31] }), 0o600, "31 bytes, want 32"},
		"zero seed":       {reencode(func(f *beaconKeyFile) { f.Seed = make([]byte, 32) }), 0o600, "all zeros"},
		"another's key":   {reencode(func(f *beaconKeyFile) { f.PublicKey[0] ^= 1 }), 0o600, "names public key"},
	} {
		t.Run(name, func(t *testing.T) {
			path, _, seed := newBeaconKey(t)
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, c.change(raw), 0o600))
			require.NoError(t, os.Chmod(path, c.mode))
			_, err = ReadBeaconKey(path)
			require.ErrorIs(t, err, ErrBeaconKey)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, c.says)
			quoted, _ := json.Marshal(seed)
			require.NotContains(t, err.Error(), strings.Trim(string(quoted), `"`)[:8])
			require.NotContains(t, err.Error(), fmt.Sprintf("%x", seed)[:8])
		})
	}
}

func reencode(change func(*beaconKeyFile)) func([]byte) []byte {
	return func(raw []byte) []byte {
		var content beaconKeyFile
		_ = json.Unmarshal(raw, &content)
		change(&content)
		raw, _ = content.encode()
		return raw
	}
}

func TestBeaconKeysAreFoundByTheirPublicKeyInAnyFileAndAMissingFileIsReadOnceItIsThere(t *testing.T) {
	home, cfg := t.TempDir(), DefaultConfig()
	cfg.FormerBeaconKeyFiles = []string{"old.json"}
	old, err := CreateBeaconKey(filepath.Join(Dir(home), "old.json"))
	require.NoError(t, err)
	files := OpenBeaconKeys(home, cfg)
	key, err := files.Find(old[:])
	require.NoError(t, err, "the file that is missing does not keep the other from being used")
	require.Equal(t, old, key.PublicKey())

	path, public, _ := newBeaconKey(t)
	_, err = files.Find(public[:])
	require.ErrorIs(t, err, ErrBeaconKey)
	require.ErrorContains(t, err, cfg.BeaconKeyPath(home)+" is missing")
	require.NoError(t, os.Rename(path, cfg.BeaconKeyPath(home)))
	key, err = files.Find(public[:])
	require.NoError(t, err)
	require.Equal(t, public, key.PublicKey())

	_, another, _ := newBeaconKey(t)
	_, err = files.Find(another[:])
	require.ErrorContains(t, err, fmt.Sprintf("key %X is in none of", another[:]))
	_, err = files.Find(make([]byte, 32))
	require.ErrorIs(t, err, pvss.ErrIdentity)
}

func FuzzABeaconKeyFile(f *testing.F) {
	good, err := beaconKeyFile{Version: 1, PublicKey: make([]byte, 32), Seed: bytes.Repeat([]byte{7}, 32)}.encode()
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "key.json")
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		key, err := ReadBeaconKey(path)
		if err != nil {
			require.ErrorIs(t, err, ErrBeaconKey)
			return
		}
		require.NotEqual(t, pvss.PublicKey{}, key.PublicKey())
	})
}
