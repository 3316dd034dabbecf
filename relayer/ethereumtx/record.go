package ethereumtx

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/stafiprotocol/stafid/relayer/journal"
)

// Slot is the journal's record of one nonce of the account: what it is for, and every transaction that was made for it, any of which may be
// executed. It is written before the newest one is sent.
type Slot struct {
	Nonce    uint64         `json:"nonce"`
	Key      string         `json:"key"`
	To       common.Address `json:"to"`
	Data     []byte         `json:"data"`
	Gas      uint64         `json:"gas"`
	Versions []Version      `json:"versions"`
}

// Version is one signed transaction in its consensus encoding.
type Version struct {
	Raw  []byte      `json:"raw"`
	Hash common.Hash `json:"hash"`
	Max  *big.Int    `json:"max"`
	Tip  *big.Int    `json:"tip"`
	// Made is when, in Unix nanoseconds.
	Made int64 `json:"made"`
	// Cancels: it only uses the nonce up.
	Cancels bool `json:"cancels,omitempty"`
}

func (s Slot) newest() Version { return s.Versions[len(s.Versions)-1] }

func (s Slot) is(intent Intent) bool {
	return s.To == intent.To && s.Gas == intent.Gas && bytes.Equal(s.Data, intent.Data)
}

func (v Version) fees() Fees { return Fees{Max: v.Max, Tip: v.Tip} }

func (v Version) age(now time.Time) time.Duration { return now.Sub(time.Unix(0, v.Made)) }

func (v Version) transaction() (*types.Transaction, error) {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(v.Raw); err != nil {
		return nil, fmt.Errorf("transaction %s of the journal: %w", v.Hash, err)
	}
	return &tx, nil
}

// slots are the account's nonces that are not proven used yet.
type slots struct {
	journal *journal.Journal
	chainID string
}

func (s slots) key(nonce uint64) string { return s.chainID + "/" + journal.Number(nonce) }

// all slots by nonce.
func (s slots) all() ([]Slot, error) {
	entries, err := journal.List[Slot](s.journal, journal.Transaction, s.chainID+"/")
	found := make([]Slot, len(entries))
	for i, entry := range entries {
		if found[i] = entry.Value; len(found[i].Versions) == 0 {
			return nil, fmt.Errorf("nonce %d of the journal has no transaction: %w", found[i].Nonce, errEmptySlot)
		}
	}
	return found, err
}

var errEmptySlot = errors.New("damaged journal")

func (s slots) put(slot Slot) error {
	return s.journal.Put(journal.Transaction, s.key(slot.Nonce), slot)
}

func (s slots) drop(nonce uint64) error {
	return s.journal.Write(journal.Record{Kind: journal.Transaction, Key: s.key(nonce)})
}
