package journal_test

import (
	"errors"
	"testing"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/relayer/journal"
)

type record struct {
	Text string `json:"text"`
}

var owner = journal.Owner{ChainID: "stafi-1", Submitter: "stafi1submitter"}

func TestWhatWasPutIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	first, err := journal.Open(dir, owner)
	require.NoError(t, err)
	require.NoError(t, first.Put(journal.Signed, "a", record{Text: "kept"}))
	require.NoError(t, first.Close())
	second, err := journal.Open(dir, owner)
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	var found record
	require.NoError(t, second.Get(journal.Signed, "a", &found))
	require.Equal(t, "kept", found.Text)
}

func TestTwoRelayersCannotHoldOneJournal(t *testing.T) {
	dir := t.TempDir()
	first, err := journal.Open(dir, owner)
	require.NoError(t, err)
	defer func() { require.NoError(t, first.Close()) }()
	_, err = journal.Open(dir, owner)
	require.ErrorContains(t, err, "is another relayer running?")
}

func TestTheJournalOfAnotherChainOrSubmitterIsRefused(t *testing.T) {
	for name, other := range map[string]journal.Owner{
		"chain":     {ChainID: "stafi-2", Submitter: owner.Submitter},
		"submitter": {ChainID: owner.ChainID, Submitter: "stafi1other"},
	} {
		t.Run(name, func(t *testing.T) {
			db := dbm.NewMemDB()
			_, err := journal.New(db, owner)
			require.NoError(t, err)
			_, err = journal.New(db, other)
			require.ErrorIs(t, err, journal.ErrOwner)
			_, err = journal.New(db, owner)
			require.NoError(t, err)
		})
	}
}

func TestAJournalOfAnotherLayoutIsRefused(t *testing.T) {
	db := dbm.NewMemDB()
	require.NoError(t, db.Set([]byte("owner"), []byte(`{"version":99,"chain_id":"stafi-1","submitter":"stafi1submitter"}`)))
	_, err := journal.New(db, owner)
	require.ErrorIs(t, err, journal.ErrOwner)
}

func TestAMissingRecordIsNamed(t *testing.T) {
	j, err := journal.New(dbm.NewMemDB(), owner)
	require.NoError(t, err)
	err = j.Get(journal.Outbox, "nothing", &record{})
	require.ErrorIs(t, err, journal.ErrNotFound)
	require.ErrorContains(t, err, "outbox/nothing")
}

func TestABatchIsWrittenWhollyAndADeletionDeletes(t *testing.T) {
	j, err := journal.New(dbm.NewMemDB(), owner)
	require.NoError(t, err)
	require.NoError(t, j.Put(journal.Outbox, "old", record{}))
	require.NoError(t, j.Write(
		journal.Record{Kind: journal.Outbox, Key: "old"},
		journal.Record{Kind: journal.Outbox, Key: "new", Value: record{Text: "x"}},
	))
	require.ErrorIs(t, j.Get(journal.Outbox, "old", &record{}), journal.ErrNotFound)
	require.NoError(t, j.Get(journal.Outbox, "new", &record{}))
	require.Error(t, j.Write(
		journal.Record{Kind: journal.Outbox, Key: "half", Value: record{}},
		journal.Record{Kind: journal.Outbox, Key: "bad", Value: make(chan int)},
	))
	require.ErrorIs(t, j.Get(journal.Outbox, "half", &record{}), journal.ErrNotFound)
}

func TestRecordsAreListedByNumberAndOfOneKindAndPrefixOnly(t *testing.T) {
	j, err := journal.New(dbm.NewMemDB(), owner)
	require.NoError(t, err)
	for _, n := range []uint64{10, 9, 100} {
		require.NoError(t, j.Put(journal.Signed, journal.Number(1)+"/"+journal.Number(n), record{}))
	}
	require.NoError(t, j.Put(journal.Signed, journal.Number(2)+"/"+journal.Number(1), record{}))
	require.NoError(t, j.Put(journal.Account, journal.Number(1)+"/"+journal.Number(1), record{}))
	entries, err := journal.List[record](j, journal.Signed, journal.Number(1)+"/")
	require.NoError(t, err)
	var keys []string
	for _, entry := range entries {
		keys = append(keys, entry.Key)
	}
	prefix := journal.Number(1) + "/"
	require.Equal(t, []string{prefix + journal.Number(9), prefix + journal.Number(10), prefix + journal.Number(100)}, keys)
	count, err := journal.Count(j, journal.Signed)
	require.NoError(t, err)
	require.Equal(t, 4, count)
}

func TestAVisitorsErrorEndsTheListing(t *testing.T) {
	j, err := journal.New(dbm.NewMemDB(), owner)
	require.NoError(t, err)
	require.NoError(t, j.Put(journal.Signed, "a", record{}))
	stop := errors.New("stop")
	require.ErrorIs(t, j.Each(journal.Signed, "", func(string, []byte) error { return stop }), stop)
	require.NoError(t, j.Put(journal.Signed, "b", "not a record"))
	_, err = journal.List[record](j, journal.Signed, "b")
	require.ErrorContains(t, err, "signed/b is unreadable")
}
