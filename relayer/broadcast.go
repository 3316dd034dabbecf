package relayer

import (
	"context"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// errForeignBytes: the chain's signed transaction is not the session's.
var errForeignBytes = errors.New("signed transaction does not match its session")

// broadcast hands complete transactions to the original chain: first the member whose turn it is, the others after a delay, and
// all over again until the transaction is proven or can't execute any more (protocol §16). Handing the same bytes over twice
// changes nothing, so nothing of it is written down.
func (o *origin) broadcast(ctx context.Context, view stafi.View, contract stafi.Contract) error {
	var errs []error
	for _, info := range view.Live {
		if info.Session.Contract != contract.Id || info.Tally.Status != multisigtypes.SESSION_STATUS_SIGNED {
			continue
		}
		if err := o.broadcastSession(ctx, view, contract, info); err != nil {
			errs = append(errs, fmt.Errorf("session %d: %w", info.Session.Id, err))
		}
	}
	o.forgetSent(view)
	return errors.Join(errs...)
}

func (o *origin) broadcastSession(ctx context.Context, view stafi.View, contract stafi.Contract, info multisigtypes.SessionInfo) error {
	session := info.Session
	vault, ok := contract.Generation(session.Vault)
	if !ok {
		return nil
	}
	me, ok := member(vault, view)
	if !ok {
		return nil
	}
	head, err := o.client.Head()
	if err != nil {
		return err
	}
	waited := view.Height - info.Tally.SignedHeight
	interval := waited/broadcastPatience + 1
	if designated(session.Id, waited, broadcastPatience, len(vault.Signers)) != me || o.sent[session.Id] == interval {
		return nil
	}
	if uint64(head.Height) >= session.TimeoutHeight {
		o.board.Doing(status.Broadcast, contractScope(contract.Id),
			fmt.Sprintf("session %d timed out at height %d and was not proven", session.Id, session.TimeoutHeight), nil)
		return nil
	}
	raw, err := o.signedTransaction(ctx, contract, vault, session)
	if err != nil {
		return err
	}
	hash, err := o.client.Broadcast(ctx, raw)
	if isHarmless(err) {
		err = nil
	}
	if err != nil {
		return err
	}
	o.sent[session.Id] = interval
	o.board.Done(status.Broadcast, contractScope(contract.Id),
		fmt.Sprintf("handed session %d over as transaction %X on %s", session.Id, hash, o.cfg.ChainID))
	return nil
}

func (o *origin) signedTransaction(
	ctx context.Context, contract stafi.Contract, vault observe.Generation, session multisigtypes.Session,
) ([]byte, error) {
	answer, err := o.node.Multisig.SignedTransaction(ctx, &multisigtypes.QuerySignedTransactionRequest{Id: session.Id})
	if err != nil {
		return nil, err
	}
	digest, sequence, err := vaultcosmos.DigestOfTx(answer.Transaction, contract.ChainId, vault.Vault.AccountNumber)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForeignBytes, err)
	}
	if len(session.Digests) != 1 || string(session.Digests[0]) != string(digest[:]) || sequence != session.Sequence {
		return nil, fmt.Errorf("%w: digest %X at sequence %d, want %X at %d", errForeignBytes, digest, sequence, session.Digests, session.Sequence)
	}
	return answer.Transaction, nil
}

// Codes of the SDK's own codespace with which a mempool answers to a transaction that was executed, is waiting, or is late. They
// are a source's word and decide nothing: only a proof does.
const (
	rootCodespace     = "sdk"
	codeMempoolHasIt  = 19
	codeTimeoutHeight = 30
	codeWrongSequence = 32
)

// isHarmless tells whether a refusal is what is to be expected of a transaction that somebody else has handed over already.
func isHarmless(err error) bool {
	var refused *lightclient.TxRefusedError
	if !errors.As(err, &refused) || refused.Codespace != rootCodespace {
		return false
	}
	switch refused.Code {
	case codeMempoolHasIt, codeTimeoutHeight, codeWrongSequence:
		return true
	}
	return false
}

// forgetSent drops sessions that are not live any more.
func (o *origin) forgetSent(view stafi.View) {
	live := make(map[uint64]bool, len(view.Live))
	for _, info := range view.Live {
		live[info.Session.Id] = true
	}
	for session := range o.sent {
		if !live[session] {
			delete(o.sent, session)
		}
	}
}
