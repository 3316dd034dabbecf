package types

import (
	"bytes"
	"cmp"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Prefixes of what is kept for emergency rotations and evil.
var (
	AbsencesPrefix  = collections.NewPrefix(60)
	EvictionsPrefix = collections.NewPrefix(61)
	StakesPrefix    = collections.NewPrefix(62)
	EvilsPrefix     = collections.NewPrefix(63)
)

// Accusation is evil that a member of a vault generation did, as the module that has the proof reports it.
type Accusation struct {
	Contract, Vault uint64
	// VaultEra is the first era of the vault generation: what the member had at stake then is slashed.
	VaultEra uint64
	// Operator is the member's stafivaloper address.
	Operator string
	Deed     Deed
	// Proof names what shows it, 32 bytes.
	Proof []byte
}

// Words names a deed, as slash records give it.
func (d Deed) Words() string {
	switch d {
	case DEED_ROGUE_SIGNATURE:
		return "rogue signature"
	case DEED_FALSE_OBSERVATION:
		return "false observation"
	}
	return "unknown deed"
}

// Validate checks that every list is in key order with each key once, and that no record is of nobody or of nothing.
func (s EmergencyState) Validate() error {
	for _, check := range []func() error{s.validateAbsences, s.validateEvictions, s.validateStakes, s.validateEvils} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s EmergencyState) validateAbsences() error {
	for i, a := range s.Absences {
		if len(a.Operators) == 0 || i > 0 && s.Absences[i-1].Vault >= a.Vault {
			return ErrInvalidGenesis.Wrapf("absence %d is of vault %d with %d operators, want ascending vaults and someone absent", i, a.Vault, len(a.Operators))
		}
	}
	return nil
}

// place is a number and an operator, in the order of their keys.
type place struct {
	number   uint64
	operator sdk.ValAddress
	last     uint64
	term     uint64
}

func (p place) after(q place) bool {
	return cmp.Or(cmp.Compare(p.number, q.number), bytes.Compare(p.operator, q.operator), cmp.Compare(p.last, q.last), cmp.Compare(p.term, q.term)) > 0
}

// inOrder checks that places ascend.
func inOrder(what string, places []place) error {
	for i := 1; i < len(places); i++ {
		if !places[i].after(places[i-1]) {
			return ErrInvalidGenesis.Wrapf("%s %d is out of order", what, i)
		}
	}
	return nil
}

func placeOf(what string, number uint64, operator string, last uint64) (place, error) {
	raw, err := sdk.ValAddressFromBech32(operator)
	if err != nil {
		return place{}, ErrInvalidGenesis.Wrapf("%s of %q: %s", what, operator, err)
	}
	return place{number: number, operator: raw, last: last}, nil
}

func (s EmergencyState) validateEvictions() error {
	places := make([]place, len(s.Evictions))
	for i, e := range s.Evictions {
		var err error
		if places[i], err = placeOf("eviction", e.Contract, e.Operator, 0); err != nil {
			return err
		}
		if e.Contract == 0 {
			return ErrInvalidGenesis.Wrapf("eviction of %s from no contract", e.Operator)
		}
	}
	return inOrder("eviction", places)
}

func (s EmergencyState) validateStakes() error {
	places := make([]place, len(s.Stakes))
	for i, stake := range s.Stakes {
		var err error
		if places[i], err = placeOf("stake", stake.Era, stake.Operator, 0); err != nil {
			return err
		}
		if stake.Power < 0 || stake.Height < 0 {
			return ErrInvalidGenesis.Wrapf("stake of %s in era %d is %d at height %d, want 0 or more", stake.Operator, stake.Era, stake.Power, stake.Height)
		}
	}
	return inOrder("stake", places)
}

func (s EmergencyState) validateEvils() error {
	places := make([]place, len(s.Evils))
	for i, e := range s.Evils {
		var err error
		if places[i], err = placeOf("evil", e.Vault, e.Operator, uint64(e.Deed)); err != nil {
			return err
		}
		places[i].term = e.VaultEra
		if e.Deed != DEED_ROGUE_SIGNATURE && e.Deed != DEED_FALSE_OBSERVATION {
			return ErrInvalidGenesis.Wrapf("evil of %s is %s", e.Operator, e.Deed)
		}
		if e.Slashed.IsNil() || e.Slashed.IsNegative() {
			return ErrInvalidGenesis.Wrapf("evil of %s was slashed %s, want 0 or more", e.Operator, e.Slashed)
		}
	}
	return inOrder("evil", places)
}
