package testutil

import (
	"context"
	"slices"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Contracts are hooks that want what they are told and remember what they hear. A function that is set runs first.
type Contracts struct {
	Wanted []types.Demand
	// Ended contracts are wound down.
	Ended  []uint64
	Seated []types.Committee
	Eras   []uint64
	// Tested vaults, in the order heard of.
	Tested []Tested

	OnDemands func() error
	OnSeated  func(types.Committee) error
	OnEra     func(types.Era) error
}

// Tested is what a contract heard of its vault.
type Tested struct {
	Contract uint64
	Trouble  string
}

var _ types.ContractHooks = (*Contracts)(nil)

// Demands returns Wanted.
func (h *Contracts) Demands(context.Context) ([]types.Demand, error) {
	if h.OnDemands != nil {
		if err := h.OnDemands(); err != nil {
			return nil, err
		}
	}
	return h.Wanted, nil
}

// Finished says whether a contract is one of Ended.
func (h *Contracts) Finished(_ context.Context, contract uint64) (bool, error) {
	return slices.Contains(h.Ended, contract), nil
}

// AfterCommitteeSeated remembers the committee.
func (h *Contracts) AfterCommitteeSeated(_ context.Context, committee types.Committee) error {
	if h.OnSeated != nil {
		if err := h.OnSeated(committee); err != nil {
			return err
		}
	}
	h.Seated = append(h.Seated, committee)
	return nil
}

// AfterVaultTested remembers the trouble of each contract.
func (h *Contracts) AfterVaultTested(_ context.Context, contract uint64, trouble string) error {
	h.Tested = append(h.Tested, Tested{Contract: contract, Trouble: trouble})
	return nil
}

// AfterEraStarted remembers the era.
func (h *Contracts) AfterEraStarted(_ context.Context, era types.Era) error {
	if h.OnEra != nil {
		if err := h.OnEra(era); err != nil {
			return err
		}
	}
	h.Eras = append(h.Eras, era.Number)
	return nil
}
