package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// InitGenesis writes a validated genesis state; indexes and the due queue follow from it.
func (k Keeper) InitGenesis(ctx context.Context, gs types.GenesisState) error {
	err := errors.Join(
		k.Params.Set(ctx, gs.Params),
		k.nextVault.Set(ctx, gs.NextVault),
		k.nextSession.Set(ctx, gs.NextSession),
	)
	for _, v := range gs.Vaults {
		err = errors.Join(err, k.storeVault(ctx, v.Vault, v.Signers))
	}
	for _, s := range gs.Sessions {
		err = errors.Join(err, k.importSession(ctx, s))
	}
	for _, series := range gs.Series {
		err = errors.Join(err, k.series.Set(ctx, series.Vault, series))
	}
	for _, p := range gs.Prunes {
		err = errors.Join(err, k.pruneAt(ctx, p.Height, p.Session))
	}
	for _, d := range gs.Digests {
		err = errors.Join(err, k.digests.Set(ctx, d.Digest, d.Session))
	}
	for _, r := range gs.Rogues {
		err = errors.Join(err, k.rogues.Set(ctx, collections.Join3(r.Vault, r.Operator, r.Digest), r))
	}
	return err
}

func (k Keeper) importSession(ctx context.Context, s types.GenesisSession) error {
	id := s.Session.Id
	err := errors.Join(
		k.sessions.Set(ctx, id, s.Session),
		k.payloads.Set(ctx, id, s.Payload),
		k.tallies.Set(ctx, id, s.Tally),
		k.attempts.Set(ctx, collections.Join(s.Session.Root, id)),
	)
	if !s.Tally.Settled {
		err = errors.Join(err, k.settleAt(ctx, s.Session.Expires, id))
	}
	for _, record := range s.Signatures {
		key := collections.Join(id, record.Index)
		if record.Signature != nil {
			err = errors.Join(err, k.signatures.Set(ctx, key, *record.Signature))
		}
		if record.Wrong > 0 {
			err = errors.Join(err, k.wrongs.Set(ctx, key, record.Wrong))
		}
	}
	return err
}

// ExportGenesis returns the whole state, every list in key order.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	gs := new(types.GenesisState)
	var err error
	if gs.Params, err = k.Params.Get(ctx); err != nil {
		return nil, err
	}
	if gs.NextVault, err = k.nextVault.Peek(ctx); err != nil {
		return nil, err
	}
	if gs.NextSession, err = k.nextSession.Peek(ctx); err != nil {
		return nil, err
	}
	return gs, errors.Join(k.exportVaults(ctx, gs), k.exportSessions(ctx, gs), k.exportQueues(ctx, gs))
}

func (k Keeper) exportVaults(ctx context.Context, gs *types.GenesisState) error {
	return k.vaults.Walk(ctx, nil, func(id uint64, vault types.Vault) (bool, error) {
		signers, err := k.VaultSigners(ctx, id)
		gs.Vaults = append(gs.Vaults, types.GenesisVault{Vault: vault, Signers: signers})
		return err != nil, err
	})
}

func (k Keeper) exportSessions(ctx context.Context, gs *types.GenesisState) error {
	return k.sessions.Walk(ctx, nil, func(id uint64, session types.Session) (bool, error) {
		exported := types.GenesisSession{Session: session}
		var err error
		if exported.Tally, err = k.tallies.Get(ctx, id); err != nil {
			return true, err
		}
		if exported.Payload, err = k.payloads.Get(ctx, id); err != nil {
			return true, err
		}
		for index := range session.Size_ {
			signature, wrong, err := k.MemberSignature(ctx, id, index)
			if err != nil {
				return true, err
			}
			if signature != nil || wrong > 0 {
				exported.Signatures = append(exported.Signatures, types.GenesisSignature{Index: index, Signature: signature, Wrong: wrong})
			}
		}
		gs.Sessions = append(gs.Sessions, exported)
		return false, nil
	})
}

func (k Keeper) exportQueues(ctx context.Context, gs *types.GenesisState) error {
	return errors.Join(
		k.series.Walk(ctx, nil, func(_ uint64, series types.Series) (bool, error) {
			gs.Series = append(gs.Series, series)
			return false, nil
		}),
		k.prunes.Walk(ctx, nil, func(key collections.Pair[int64, uint64]) (bool, error) {
			gs.Prunes = append(gs.Prunes, types.GenesisPrune{Height: key.K1(), Session: key.K2()})
			return false, nil
		}),
		k.digests.Walk(ctx, nil, func(digest []byte, session uint64) (bool, error) {
			gs.Digests = append(gs.Digests, types.GenesisDigest{Digest: digest, Session: session})
			return false, nil
		}),
		k.rogues.Walk(ctx, nil, func(_ collections.Triple[uint64, string, []byte], rogue types.RogueSignature) (bool, error) {
			gs.Rogues = append(gs.Rogues, rogue)
			return false, nil
		}),
	)
}
