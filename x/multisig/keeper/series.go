package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// CurrentSeries returns a vault's unfinished series, found is false where there is none.
func (k Keeper) CurrentSeries(ctx context.Context, vault uint64) (types.Series, bool, error) {
	series, err := k.series.Get(ctx, vault)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Series{}, false, nil
	}
	return series, err == nil, err
}

func (k Keeper) unfinishedSeries(ctx context.Context, vault uint64) (types.Series, error) {
	series, found, err := k.CurrentSeries(ctx, vault)
	if err == nil && !found {
		err = types.ErrNoSeries.Wrapf("vault %d", vault)
	}
	return series, err
}

// competes says whether a new series may take the sequence of an unfinished one: a handover that of a payout, where a payload has no timeout
// after which the payout could be given up. The payout pays or the owners change, never both at that nonce.
func competes(vault types.Vault, s types.NewSession, unfinished types.Series) bool {
	kind, err := kindOf(vault.Kind)
	return err == nil && handsOn(kind) && s.Purpose == types.PURPOSE_HANDOVER && unfinished.Purpose == types.PURPOSE_PAYOUT
}

// contest takes an unfinished series' newest attempt out of SIGNED. It can still execute, and is then PROVEN like any.
func (k Keeper) contest(ctx context.Context, unfinished types.Series) error {
	latest, tally, err := k.Session(ctx, unfinished.Latest)
	if err != nil {
		return err
	}
	if tally.Status == types.SESSION_STATUS_OPEN {
		return types.ErrSessionOpen.Wrapf("%d, until height %d", latest.Id, latest.Expires)
	}
	return k.outrun(ctx, latest, tally)
}

// Prove records that an attempt was proven executed on the original chain, successfully or not, in whatever status it was: it is
// PROVEN, its series, with the one that competed with it, is finished and the vault's sequence is the next one. No other attempt of either
// can ever execute: the newest, if it was OPEN or SIGNED, is EXPIRED. Errors: ErrSessionNotFound; ErrSeriesFinished where another attempt
// was proven before, or this one.
func (k Keeper) Prove(ctx context.Context, id uint64) (types.Session, error) {
	session, tally, err := k.Session(ctx, id)
	if err != nil {
		return types.Session{}, err
	}
	series, found, err := k.CurrentSeries(ctx, session.Vault)
	if err != nil {
		return types.Session{}, err
	}
	if !found || (series.Root != session.Root && series.Rival != session.Root) {
		return types.Session{}, types.ErrSeriesFinished.Wrapf("session %d, %s, root %d", id, tally.Status, session.Root)
	}
	proven := tally
	proven.Prove()
	if err := k.saveTally(ctx, session, tally, proven); err != nil {
		return types.Session{}, err
	}
	if err := k.useSequence(ctx, session); err != nil {
		return types.Session{}, err
	}
	return session, k.finishSeries(ctx, series)
}

func (k Keeper) useSequence(ctx context.Context, session types.Session) error {
	vault, err := k.Vault(ctx, session.Vault)
	if err != nil {
		return err
	}
	vault.Sequence = session.Sequence + 1
	return k.vaults.Set(ctx, vault.Id, vault)
}

// Resync records the next sequence of a vault's account after transactions that no session asked for, as it was proven. One that is not above what is
// known changes nothing. What was asked at a sequence that is used by then can't execute any more: the caller abandons that series.
func (k Keeper) Resync(ctx context.Context, id, sequence uint64) error {
	vault, err := k.Vault(ctx, id)
	if err != nil || sequence <= vault.Sequence {
		return err
	}
	vault.Sequence = sequence
	return k.vaults.Set(ctx, id, vault)
}

// Abandon finishes a vault's series of which, by the caller's proof, every attempt is dead: timeouts passed, sequence not used. The
// sequence stays and the newest attempt, if it was OPEN or SIGNED, is EXPIRED. Errors: ErrNoSeries.
func (k Keeper) Abandon(ctx context.Context, vault uint64) error {
	series, err := k.unfinishedSeries(ctx, vault)
	if err != nil {
		return err
	}
	return k.finishSeries(ctx, series)
}

// finishSeries ends a series and its rival. Only the newest attempt of all can be OPEN or SIGNED: a retry outruns the one before.
func (k Keeper) finishSeries(ctx context.Context, series types.Series) error {
	latest, tally, err := k.Session(ctx, series.Latest)
	if err != nil {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	kept := max(sdk.UnwrapSDKContext(ctx).BlockHeight(), latest.Expires) + int64(params.HistoryBlocks)
	err = errors.Join(
		k.outrun(ctx, latest, tally),
		k.series.Remove(ctx, series.Vault),
		k.pruneAt(ctx, kept, series.Root),
	)
	if err != nil || series.Rival == 0 {
		return err
	}
	return k.pruneAt(ctx, kept, series.Rival)
}

func (k Keeper) outrun(ctx context.Context, session types.Session, tally types.Tally) error {
	after := tally
	after.Outrun()
	if after == tally {
		return nil
	}
	return k.saveTally(ctx, session, tally, after)
}
