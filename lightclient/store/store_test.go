package store

import (
	"testing"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newStore(t testing.TB) (*Store, dbm.DB) {
	t.Helper()
	db := dbm.NewMemDB()
	s, err := New(db, "kind", "chain-1")
	require.NoError(t, err)
	return s, db
}

func put(t testing.TB, s *Store, records map[string]string) {
	t.Helper()
	batch := s.Batch()
	for key, value := range records {
		batch.Put([]byte(key), []byte(value))
	}
	require.NoError(t, batch.Commit())
}

func TestARecordIsReadBackAsItWasWritten(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, map[string]string{"a": "one", "b": ""})
	value, err := s.Get([]byte("a"))
	require.NoError(t, err)
	require.Equal(t, "one", string(value))
	value, err = s.Get([]byte("b"))
	require.NoError(t, err)
	require.Empty(t, value)
	_, err = s.Get([]byte("c"))
	require.ErrorIs(t, err, ErrNotFound)
}

func TestAnySingleByteChangedInARecordIsFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(rt, "key")
		sealed := seal(key, rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(rt, "value"))
		if _, err := unseal(key, sealed); err != nil {
			rt.Fatal(err)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		if _, err := unseal(key, sealed); err == nil {
			rt.Fatal("change not found")
		}
	})
}

func TestARecordUnderAnotherKeyOrCutShortIsCorrupt(t *testing.T) {
	s, db := newStore(t)
	put(t, s, map[string]string{"a": "one", "b": "two"})
	moved, err := db.Get([]byte("a"))
	require.NoError(t, err)
	require.NoError(t, db.Set([]byte("b"), moved))
	_, err = s.Get([]byte("b"))
	require.ErrorIs(t, err, ErrCorrupt)
	require.NoError(t, db.Set([]byte("b"), moved[:3]))
	_, err = s.Get([]byte("b"))
	require.ErrorIs(t, err, ErrCorrupt)
}

func TestAStoreOfAnotherChainKindOrSchemaIsRefused(t *testing.T) {
	s, db := newStore(t)
	_, err := New(db, "kind", "chain-2")
	require.ErrorIs(t, err, ErrOtherChain)
	_, err = New(db, "other kind", "chain-1")
	require.ErrorIs(t, err, ErrOtherChain)
	_, err = New(db, "kind", "chain-1")
	require.NoError(t, err)
	require.NoError(t, s.writeSchema(schema{Version: SchemaVersion + 1, Kind: "kind", ChainID: "chain-1"}))
	_, err = New(db, "kind", "chain-1")
	require.ErrorIs(t, err, ErrSchema)
	require.NoError(t, db.Set(schemaKey, []byte("12345678")))
	_, err = New(db, "kind", "chain-1")
	require.ErrorIs(t, err, ErrCorrupt)
}

func TestABatchHappensWholeOrNotAtAll(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, map[string]string{"a": "one"})
	batch := s.Batch()
	batch.Delete([]byte("a"))
	batch.Put([]byte("b"), []byte("two"))
	batch.Put(nil, []byte("a key can't be empty"))
	require.Error(t, batch.Commit())
	_, err := s.Get([]byte("a"))
	require.NoError(t, err)
	_, err = s.Get([]byte("b"))
	require.ErrorIs(t, err, ErrNotFound)
}

func TestHeightsAreFoundLikeInASortedList(t *testing.T) {
	const prefix = byte(7)
	rapid.Check(t, func(rt *rapid.T) {
		db := dbm.NewMemDB()
		s, err := New(db, "kind", "chain-1")
		if err != nil {
			rt.Fatal(err)
		}
		batch := s.Batch()
		batch.Put(HeightKey(prefix-1, 5), []byte("a neighbour"))
		batch.Put(HeightKey(prefix+1, 5), []byte("another"))
		model := rapid.SliceOfNDistinct(rapid.Int64Range(0, 300), 0, 12, rapid.ID[int64]).Draw(rt, "heights")
		for _, height := range model {
			batch.Put(HeightKey(prefix, height), []byte("x"))
		}
		if err := batch.Commit(); err != nil {
			rt.Fatal(err)
		}
		at := rapid.Int64Range(0, 300).Draw(rt, "at")
		requireSame(rt, model, at, s.Floor, prefix, func(h int64) bool { return h <= at }, func(a, b int64) bool { return a > b })
		requireSame(rt, model, at, s.Ceil, prefix, func(h int64) bool { return h >= at }, func(a, b int64) bool { return a < b })
		below, err := s.Heights(prefix, 0, at, 1000)
		if err != nil {
			rt.Fatal(err)
		}
		var want int
		for _, h := range model {
			if h < at {
				want++
			}
		}
		if len(below) != want {
			rt.Fatalf("%d heights below %d, want %d", len(below), at, want)
		}
	})
}

func requireSame(rt *rapid.T, model []int64, at int64, find func(byte, int64) (int64, error), prefix byte, in func(int64) bool, better func(a, b int64) bool) {
	best, found := int64(0), false
	for _, h := range model {
		if in(h) && (!found || better(h, best)) {
			best, found = h, true
		}
	}
	got, err := find(prefix, at)
	if found != (err == nil) || found && got != best {
		rt.Fatalf("at %d found %d (%v), want %d (%v)", at, got, err, best, found)
	}
}

func TestAStoreOnDiskIsForOneProcessAndKeepsItsRecords(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, "kind", "chain-1")
	require.NoError(t, err)
	put(t, s, map[string]string{"a": "one"})
	_, err = Open(dir, "kind", "chain-1")
	require.Error(t, err)
	require.NoError(t, s.Close())
	_, err = Open(dir, "kind", "chain-2")
	require.ErrorIs(t, err, ErrOtherChain)
	s, err = Open(dir, "kind", "chain-1")
	require.NoError(t, err)
	value, err := s.Get([]byte("a"))
	require.NoError(t, err)
	require.Equal(t, "one", string(value))
	require.NoError(t, s.Close())
}
