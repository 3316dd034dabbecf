package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// OpenSession opens attempt 1 of a new series at the vault's sequence: it builds the payload and the digests (protocol §7). A handover on
// Ethereum may compete with an unfinished payout series for its nonce: whichever executes ends both (adr-003-ethereum.md).
// Errors, checked in this order: ErrVaultNotFound; ErrVaultStatus for a PENDING vault; ErrSeriesUnfinished; ErrSessionOpen where the payout's
// newest attempt still takes signatures; ErrKindNotServed; ErrAccountUnknown; ErrInvalidSession for a purpose, outputs or fee that
// make no payload.
func (k Keeper) OpenSession(ctx context.Context, s types.NewSession) (types.Session, error) {
	vault, err := k.Vault(ctx, s.Vault)
	if err != nil {
		return types.Session{}, err
	}
	if vault.Status == types.VAULT_STATUS_PENDING {
		return types.Session{}, types.ErrVaultStatus.Wrapf("vault %d is %s", vault.Id, vault.Status)
	}
	unfinished, found, err := k.CurrentSeries(ctx, vault.Id)
	if err != nil {
		return types.Session{}, err
	}
	if !found {
		return k.openAttempt(ctx, vault, s, place{})
	}
	if !competes(vault, s, unfinished) {
		return types.Session{}, types.ErrSeriesUnfinished.Wrapf("vault %d, root %d, latest attempt %d", vault.Id, unfinished.Root, unfinished.Latest)
	}
	if err := k.contest(ctx, unfinished); err != nil {
		return types.Session{}, err
	}
	return k.openAttempt(ctx, vault, s, place{rival: unfinished.Root})
}

// RetrySession opens the next attempt of a vault's series: same sequence, purpose and outputs, another memo and timeout, and the
// same fee and gas unless the retry has a price. The attempt before must be EXPIRED or VOID, or SIGNED and, by the caller's proof,
// no longer executable, or SIGNED and priced anew: one that was SIGNED becomes EXPIRED. Where it has no timeout it can still
// execute, its transaction can still be read, and it is PROVEN like any.
// Errors: ErrVaultNotFound; ErrNoSeries; ErrSessionOpen; ErrInvalidSession for a timeout below that of the attempt before, a price
// where payloads have timeouts, or one that makes no payload.
func (k Keeper) RetrySession(ctx context.Context, vaultID uint64, r types.Retry) (types.Session, error) {
	vault, err := k.Vault(ctx, vaultID)
	if err != nil {
		return types.Session{}, err
	}
	series, err := k.unfinishedSeries(ctx, vaultID)
	if err != nil {
		return types.Session{}, err
	}
	latest, tally, err := k.Session(ctx, series.Latest)
	if err != nil {
		return types.Session{}, err
	}
	if tally.Status == types.SESSION_STATUS_OPEN {
		return types.Session{}, types.ErrSessionOpen.Wrapf("%d, until height %d", latest.Id, latest.Expires)
	}
	if r.TimeoutHeight < latest.TimeoutHeight {
		return types.Session{}, types.ErrInvalidSession.Wrapf("timeout height %d, want at least %d of attempt %d",
			r.TimeoutHeight, latest.TimeoutHeight, latest.Attempt)
	}
	next, err := k.again(ctx, latest, r)
	if err != nil {
		return types.Session{}, err
	}
	at := place{before: latest, rival: series.Rival, signed: series.Signed}
	if latest.TimeoutHeight == types.NoTimeout && tally.Signatures >= latest.Threshold {
		at.signed = latest.Id
	}
	session, err := k.openAttempt(ctx, vault, next, at)
	if err != nil {
		return types.Session{}, err
	}
	return session, k.outrun(ctx, latest, tally)
}

// again is the request of the attempt before with another timeout and, maybe, another price.
func (k Keeper) again(ctx context.Context, latest types.Session, r types.Retry) (types.NewSession, error) {
	next, err := k.asked(ctx, latest)
	if err != nil {
		return types.NewSession{}, err
	}
	next.Vault, next.Purpose, next.TimeoutHeight, next.Obliged = latest.Vault, latest.Purpose, r.TimeoutHeight, latest.Obliged
	if r.Price == nil {
		return next, nil
	}
	if latest.TimeoutHeight != types.NoTimeout {
		return types.NewSession{}, types.ErrInvalidSession.Wrapf("fee %s for attempt %d of series %d, want %s, that of all its attempts",
			r.Price.Fee, latest.Attempt+1, latest.Root, next.Fee)
	}
	next.Fee, next.GasLimit = r.Price.Fee, r.Price.GasLimit
	return next, nil
}

// asked is what a session's request said of its transaction.
func (k Keeper) asked(ctx context.Context, session types.Session) (types.NewSession, error) {
	kind, err := kindOf(session.Kind)
	if err != nil {
		return types.NewSession{}, err
	}
	payload, err := k.payloads.Get(ctx, session.Id)
	if err != nil {
		return types.NewSession{}, err
	}
	return kind.request(payload)
}

// SessionFee returns the fee that an attempt's payload offers, or ErrSessionNotFound (also once it was pruned).
func (k Keeper) SessionFee(ctx context.Context, id uint64) (sdk.Coin, error) {
	session, _, err := k.Session(ctx, id)
	if err != nil {
		return sdk.Coin{}, err
	}
	asked, err := k.asked(ctx, session)
	return asked.Fee, err
}

// place is where an attempt stands among others.
type place struct {
	// before is the attempt that it follows, empty for the first one of a series.
	before types.Session
	// rival is the series that its own competes with, 0 for none.
	rival uint64
	// signed is the newest attempt before it that N members signed and that can still execute, 0 for none.
	signed uint64
}

// openAttempt builds and stores an attempt at its place.
func (k Keeper) openAttempt(ctx context.Context, vault types.Vault, s types.NewSession, at place) (types.Session, error) {
	switch s.Purpose {
	case types.PURPOSE_PAYOUT, types.PURPOSE_HANDOVER, types.PURPOSE_SWEEP:
	default:
		return types.Session{}, types.ErrInvalidSession.Wrapf("purpose %s", s.Purpose)
	}
	kind, err := kindOf(vault.Kind)
	if err != nil {
		return types.Session{}, err
	}
	if err := kind.ready(vault); err != nil {
		return types.Session{}, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Session{}, err
	}
	id, err := k.nextSession.Peek(ctx)
	if err != nil {
		return types.Session{}, err
	}
	payload, digests, err := kind.payload(payloadRequest{vault: vault, session: id, NewSession: s, seats: k.seats(ctx)})
	if err != nil {
		return types.Session{}, err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	session := types.Session{
		Id: id, Vault: vault.Id, Contract: vault.Contract, Purpose: s.Purpose, Attempt: at.before.Attempt + 1, Root: at.before.Root,
		Sequence: vault.Sequence, TimeoutHeight: s.TimeoutHeight, Opened: height, Expires: height + int64(params.SessionBlocks),
		Size_: vault.Size_, Threshold: vault.Threshold, Digests: digests, Kind: vault.Kind,
		Obliged: s.Obliged && vault.Status != types.VAULT_STATUS_CLOSED,
	}
	if session.Root == 0 {
		session.Root = id
	}
	return session, k.storeAttempt(ctx, session, payload, at)
}

// seats reads vaults with their signers.
func (k Keeper) seats(ctx context.Context) func(uint64) (types.Vault, []types.Signer, error) {
	return func(id uint64) (types.Vault, []types.Signer, error) {
		vault, err := k.Vault(ctx, id)
		if err != nil {
			return vault, nil, err
		}
		signers, err := k.VaultSigners(ctx, id)
		return vault, signers, err
	}
}

func (k Keeper) storeAttempt(ctx context.Context, session types.Session, payload types.Payload, at place) error {
	if _, err := k.nextSession.Next(ctx); err != nil {
		return err
	}
	if err := k.noteDigests(ctx, session); err != nil {
		return err
	}
	err := errors.Join(
		k.sessions.Set(ctx, session.Id, session),
		k.payloads.Set(ctx, session.Id, payload),
		k.tallies.Set(ctx, session.Id, types.Tally{Status: types.SESSION_STATUS_OPEN}),
		k.attempts.Set(ctx, collections.Join(session.Root, session.Id)),
		k.settleAt(ctx, session.Expires, session.Id),
		k.series.Set(ctx, session.Vault, types.Series{
			Vault: session.Vault, Root: session.Root, Latest: session.Id, Purpose: session.Purpose, Rival: at.rival, Signed: at.signed,
		}),
	)
	if err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSessionOpened{
		Session: session.Id, Vault: session.Vault, Purpose: session.Purpose, Attempt: session.Attempt, Root: session.Root,
	})
}

// noteDigests keeps, of the attempts of a series that ask for one digest, the first: it names an execution, whichever follow.
func (k Keeper) noteDigests(ctx context.Context, session types.Session) error {
	for _, digest := range session.Digests {
		asked, found, err := k.SessionOfDigest(ctx, digest)
		if err != nil {
			return err
		}
		if found && asked >= session.Root {
			continue
		}
		if err := k.digests.Set(ctx, digest, session.Id); err != nil {
			return err
		}
	}
	return nil
}

// Session returns an attempt and its tally, or ErrSessionNotFound (also once it was pruned).
func (k Keeper) Session(ctx context.Context, id uint64) (types.Session, types.Tally, error) {
	session, err := k.sessions.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Session{}, types.Tally{}, types.ErrSessionNotFound.Wrapf("%d", id)
	}
	if err != nil {
		return types.Session{}, types.Tally{}, err
	}
	tally, err := k.tallies.Get(ctx, id)
	return session, tally, err
}

// SessionOfDigest returns the session that asked for a digest to be signed, pruned or not, of several attempts (Ethereum) the first; found is
// false where none ever did, and a signature over it is rogue.
func (k Keeper) SessionOfDigest(ctx context.Context, digest []byte) (session uint64, found bool, err error) {
	session, err = k.digests.Get(ctx, digest)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, false, nil
	}
	return session, err == nil, err
}

func (k Keeper) saveTally(ctx context.Context, session types.Session, before, after types.Tally) error {
	if err := k.tallies.Set(ctx, session.Id, after); err != nil {
		return err
	}
	if before.Status == after.Status {
		return nil
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSessionStatus{
		Session: session.Id, Vault: session.Vault, Status: after.Status, Signatures: after.Signatures,
	})
}
