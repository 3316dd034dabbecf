package relayer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// derived is an observation with what it was derived from.
type derived struct {
	basis       [32]byte
	observation contracttypes.Observation
	hash        []byte
	// foreign is true where a vault executed something that no session asked for, as far as the own node knows.
	foreign bool
}

// position is where a contract's observation stands.
type position struct {
	height uint64
	index  uint32
}

// Quarantined is the journal's record of a transaction that could not be parsed.
type Quarantined struct {
	ChainID string    `json:"chain_id"`
	Height  uint64    `json:"height"`
	Hash    string    `json:"hash"`
	Code    uint32    `json:"code"`
	Reason  string    `json:"reason"`
	Seen    time.Time `json:"seen"`
}

func (o *origin) scan(contract uint64) *scan {
	if o.scanners[contract] == nil {
		o.scanners[contract] = &scan{}
	}
	return o.scanners[contract]
}

func (o *origin) input(contract stafi.Contract, vaults []observe.Vault, to uint64) observe.Input {
	return observe.Input{
		Contract: contract.Contract, Vaults: vaults, From: contract.State.ObservedHeight, FromIndex: contract.State.ObservedIndex,
		To: to, LeastEvent: contract.State.LeastEvent, Chain: o.chain, Ethereum: observe.EthereumView(o.client), Books: o.node.Books(),
	}
}

// derive is the observation of everything from the observed position up to a height. The same question is answered from memory.
func (o *origin) derive(ctx context.Context, view stafi.View, contract stafi.Contract, to uint64) (derived, error) {
	basis, err := basisOf(contract, to)
	if err != nil {
		return derived{}, err
	}
	memory := o.scan(contract.Id)
	if memory.last.basis == basis {
		return memory.last, nil
	}
	limits := observe.Limits{Events: view.Observing.MaxObservationEvents, Bytes: view.Observing.MaxObservationBytes}
	observation, quarantined, err := memory.scanner.Derive(ctx, o.input(contract, observe.Proposing(contract.Generations), to), limits)
	if err != nil {
		return derived{}, err
	}
	if err := o.quarantine(quarantined); err != nil {
		return derived{}, err
	}
	hash, err := observation.Hash()
	if err != nil {
		return derived{}, err
	}
	foreign := slices.ContainsFunc(quarantined, func(tx observe.Quarantined) bool { return tx.Foreign })
	memory.last = derived{basis: basis, observation: observation, hash: hash, foreign: foreign}
	return memory.last, nil
}

// basisOf identifies a question to derive: the range, the least event, the vaults and their
// ledgers.
func basisOf(contract stafi.Contract, to uint64) ([32]byte, error) {
	hash := sha256.New()
	least, err := contract.State.LeastEvent.Marshal()
	if err != nil {
		return [32]byte{}, err
	}
	_, _ = fmt.Fprintf(hash, "%d/%d/%d/%d/%s", contract.Id, contract.State.ObservedHeight, contract.State.ObservedIndex, to, least)
	for _, generation := range contract.Generations {
		vault, err := generation.Vault.Marshal()
		if err != nil {
			return [32]byte{}, err
		}
		ledger, err := generation.Ledger.Marshal()
		if err != nil {
			return [32]byte{}, err
		}
		_, _ = fmt.Fprintf(hash, "/%X/%X", vault, ledger)
	}
	return [32]byte(hash.Sum(nil)), nil
}

// quarantine records transactions that could not be parsed, each once, and counts them. One that no session explains yet is no such thing.
func (o *origin) quarantine(found []observe.Quarantined) error {
	for _, tx := range found {
		if tx.Foreign {
			continue
		}
		key := fmt.Sprintf("%s/%s/%X", o.cfg.ChainID, journal.Number(tx.Height), tx.Hash)
		err := o.journal.Get(journal.Quarantine, key, &Quarantined{})
		if err == nil {
			continue
		}
		if !errors.Is(err, journal.ErrNotFound) {
			return err
		}
		record := Quarantined{
			ChainID: o.cfg.ChainID, Height: tx.Height, Hash: hex.EncodeToString(tx.Hash[:]), Code: tx.Code, Reason: tx.Reason,
			Seen: time.Now().UTC(),
		}
		if err := o.journal.Put(journal.Quarantine, key, record); err != nil {
			return err
		}
		o.board.Set(func(r *status.Report) { r.Quarantined++ })
		o.log.Warn("transaction quarantined", "height", tx.Height, "hash", record.Hash, "code", tx.Code, "reason", tx.Reason)
	}
	return nil
}
