package keeper

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/emergency"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// SettledSession is a session that takes no more signatures, as far as it says whether its vault is in danger (protocol §11).
type SettledSession struct {
	Contract, Vault, Session uint64
	// VaultEra is the era of the vault generation.
	VaultEra uint64
	// Size is M and Threshold is N; Signatures are the valid ones.
	Size, Threshold, Signatures uint32
	// Active where the vault is the contract's ACTIVE one: only that can be rotated.
	Active bool
	// Blames those who did not sign: not where it is void, obliges nobody, or another attempt of its series was proven before N signed it.
	Blames bool
	// Proven where it was proven executed: N did sign then, whatever was counted here.
	Proven bool
	// Duties are what the vault's signers did.
	Duties []SessionDuty
}

// JudgeSession decides what follows from a settled session for its contract's committee (protocol §11). Silent members of a vault that
// is in danger are to be replaced in this block; fewer than N signatures close the contract's new deposits, for then nobody can be
// installed; any other session of the ACTIVE vault shows it sound. What fails is undone and logged: the duties of the session count all the same.
func (k Keeper) JudgeSession(ctx context.Context, s SettledSession) {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		k.logger(ctx).Error("era can't be read", "error", err)
		return
	}
	_ = k.isolate(ctx, era.Number, fmt.Sprintf("%s session %d", stepEmergency, s.Session), func(ctx context.Context) error {
		return k.judgeSession(ctx, s)
	})
}

func (k Keeper) judgeSession(ctx context.Context, s SettledSession) error {
	if !s.Active {
		return k.Absences.Remove(ctx, s.Vault)
	}
	var silent []string
	if s.Blames {
		var err error
		if silent, err = k.attend(ctx, s); err != nil {
			return err
		}
	}
	if s.Signatures < s.Threshold && !s.Proven {
		return k.hooks.AfterVaultTested(ctx, s.Contract, fmt.Sprintf(
			"session %d of vault %d has %d of %d signatures", s.Session, s.Vault, s.Signatures, s.Threshold,
		))
	}
	return k.judgeSound(ctx, s, silent)
}

// judgeSound has the silent who have a seat replaced, and tells the contract that its vault is sound where nobody waits to be.
func (k Keeper) judgeSound(ctx context.Context, s SettledSession, silent []string) error {
	committee, found, err := k.PresentCommittee(ctx, s.Contract)
	if err != nil || !found {
		return err
	}
	for _, operator := range silent {
		if committee.MemberIndex(operator) < 0 {
			continue
		}
		if err := k.evict(ctx, types.Eviction{Contract: s.Contract, Operator: operator, Reason: fmt.Sprintf(
			"silent in session %d, which has %d of %d signatures", s.Session, s.Signatures, s.Threshold,
		)}); err != nil {
			return err
		}
	}
	waiting, err := k.evictionsOf(ctx, s.Contract)
	if err != nil || len(waiting) > 0 {
		return err
	}
	return k.hooks.AfterVaultTested(ctx, s.Contract, "")
}

// attend records who missed the session and returns who is silent where the vault is in danger, in the vault's order of keys.
func (k Keeper) attend(ctx context.Context, s SettledSession) ([]string, error) {
	before, _, err := maybe(ctx, k.Absences, s.Vault)
	if err != nil {
		return nil, err
	}
	if before.Era != s.VaultEra {
		before.Operators = nil
	}
	endangered := emergency.Endangered(s.Signatures, s.Size, s.Threshold)
	now := types.Absence{Vault: s.Vault, Era: s.VaultEra, Session: s.Session}
	var silent []string
	for _, duty := range s.Duties {
		if duty.Signed {
			continue
		}
		now.Operators = append(now.Operators, duty.Operator)
		if !endangered {
			continue
		}
		alive, err := k.alive(ctx, duty.Operator)
		if err != nil {
			return nil, err
		}
		if (emergency.Attendance{MissedBefore: slices.Contains(before.Operators, duty.Operator), Alive: alive}).Silent() {
			silent = append(silent, duty.Operator)
		}
	}
	if len(now.Operators) == 0 {
		return nil, k.Absences.Remove(ctx, s.Vault)
	}
	return silent, k.Absences.Set(ctx, s.Vault, now)
}

// alive says whether an operator gave a sign of life within heartbeat_window. What is recorded is the first sign in the newest interval that
// had one, so that the last may have come almost an interval later: the benefit of that is the member's.
func (k Keeper) alive(ctx context.Context, operator string) (bool, error) {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return false, err
	}
	live, found, err := maybe(ctx, k.Liveness, raw)
	if err != nil || !found {
		return false, err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return false, err
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return false, err
	}
	ago := uint64(max(sdk.UnwrapSDKContext(ctx).BlockHeight()-live.Height, 0))
	return ago < params.HeartbeatWindow+max(era.HeartbeatInterval, 1), nil
}

// evict has a member replaced in this block's EndBlock; one that did evil stays evil.
func (k Keeper) evict(ctx context.Context, e types.Eviction) error {
	raw, err := k.rawOperator(e.Operator)
	if err != nil {
		return err
	}
	key := collections.Join(e.Contract, raw)
	known, found, err := maybe(ctx, k.Evictions, key)
	if err != nil || found && known.Evil {
		return err
	}
	if err := k.Evictions.Set(ctx, key, e); err != nil {
		return err
	}
	return k.markChore(ctx, choreEvictions)
}

// evictionsOf returns the members of a contract that wait to be replaced, in order of operator.
func (k Keeper) evictionsOf(ctx context.Context, contract uint64) ([]types.Eviction, error) {
	iterator, err := k.Evictions.Iterate(ctx, collections.NewPrefixedPairRange[uint64, sdk.ValAddress](contract))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}
