package relayer

import (
	"context"
	"fmt"

	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// payload is what a session asks to be signed, made anew from chain state. The books of one whose signatures are taken for credit only
// (protocol §7) may be closed, and then there is nothing to make it from: once this relayer's own light client has proven that it can
// do nothing any more, the chain's payload is taken as it stands.
func (s *signer) payload(ctx context.Context, contract stafi.Contract, info multisigtypes.SessionInfo) (recomputed, error) {
	p := payloads{node: s.node, contract: contract}
	if wanted(info) {
		return p.recompute(ctx, info)
	}
	kind, err := p.kind()
	if err != nil {
		return recomputed{}, err
	}
	vault, err := p.vault(kind, info.Session)
	if err != nil {
		return recomputed{}, err
	}
	if spent, err := s.spent(ctx, kind, vault, info.Session); err != nil || !spent {
		made, again := p.recompute(ctx, info)
		if again != nil && err != nil {
			again = fmt.Errorf("%w; that it can't execute is not proven: %w", again, err)
		}
		return made, again
	}
	return p.asAsked(ctx, kind, info.Session, vault)
}

// spent: no payload of the vault at the session's sequence can execute any more, for its last block is proven to be past or the
// account's sequence to be above it.
func (s *signer) spent(ctx context.Context, kind payloadKind, vault observe.Generation, session multisigtypes.Session) (bool, error) {
	if s.dead(vault.Vault.ChainId, session.TimeoutHeight) {
		return true, nil
	}
	client := s.clients(vault.Vault.ChainId)
	if client == nil {
		return false, nil
	}
	next, err := kind.provenSequence(ctx, client, vault)
	return next > session.Sequence, err
}

// asAsked is the chain's own payload, of this vault's account and at the session's sequence and of nothing else: a member's key may
// serve other vaults too.
func (p payloads) asAsked(ctx context.Context, kind payloadKind, session multisigtypes.Session, vault observe.Generation) (recomputed, error) {
	answer, err := p.node.Multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: session.Id})
	if err != nil {
		return recomputed{}, fmt.Errorf("session: %w", err)
	}
	payload, err := kind.asAsked(session, vault, answer.Payload)
	if err != nil {
		return recomputed{}, err
	}
	payload.spent = true
	return payload, payload.isOf(session)
}
