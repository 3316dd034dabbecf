package relayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// sessionKey names what shares a nonce of a Safe: all attempts of a series, and the series that competes with it. It gets one nonce of the funder.
func sessionKey(vault observe.Generation, session multisigtypes.Session) string {
	return fmt.Sprintf("safe/%s/%d", vault.Vault.Address, session.Sequence)
}

// broadcast has complete transactions executed: the member whose turn it is begins, and goes on with what it began; the others begin after a
// delay, if it is not executed by then (protocol §16).
func (e *evm) broadcast(ctx context.Context, view stafi.View, contract stafi.Contract) error {
	var errs []error
	for _, info := range complete(view) {
		if info.Session.Contract != contract.Id {
			continue
		}
		if err := e.execute(ctx, view, contract, info); err != nil {
			errs = append(errs, fmt.Errorf("session %d: %w", info.Session.Id, err))
		}
	}
	return errors.Join(errs...)
}

// complete are the sessions whose transactions can be sent: of each series the newest attempt that is signed, which refunds the most. While one that
// was priced anew still waits for signatures, that is an attempt before it.
func complete(view stafi.View) []multisigtypes.SessionInfo {
	sessions := slices.Clone(view.Signed)
	for _, info := range view.Live {
		if info.Tally.Status != multisigtypes.SESSION_STATUS_SIGNED {
			continue
		}
		sessions = slices.DeleteFunc(sessions, func(s multisigtypes.SessionInfo) bool { return s.Session.Root == info.Session.Root })
		sessions = append(sessions, info)
	}
	return sessions
}

func (e *evm) execute(ctx context.Context, view stafi.View, contract stafi.Contract, info multisigtypes.SessionInfo) error {
	session := info.Session
	vault, ok := contract.Generation(session.Vault)
	if !ok {
		return nil
	}
	me, ok := member(vault, view)
	if !ok {
		return nil
	}
	key := sessionKey(vault, session)
	// By the series, so that the next attempt is begun by whoever began the one before, in its place.
	turn := designated(session.Root, view.Height-info.Tally.SignedHeight, evmPatience, len(vault.Signers)) == me
	if has, err := e.sender.Has(key); err != nil || (!has && !turn) {
		return err
	}
	intent, err := e.intent(ctx, vault, session)
	if err != nil {
		return err
	}
	intent.Key = key
	return e.want(ctx, status.Broadcast, contractScope(contract.Id), fmt.Sprintf("session %d", session.Id), intent, turn)
}

// intent is the transaction of a session. It is done once the Safe's nonce is above the session's, whatever used it.
func (e *evm) intent(ctx context.Context, vault observe.Generation, session multisigtypes.Session) (ethereumtx.Intent, error) {
	calldata, tx, safe, err := e.calldata(ctx, vault, session)
	if err != nil {
		return ethereumtx.Intent{}, err
	}
	return ethereumtx.Intent{
		To: safe, Data: calldata, Gas: tx.GasLimit(),
		Done: func(ctx context.Context, node ethereumtx.Node) (bool, error) {
			nonce, err := node.Storage(ctx, safe, vaultethereum.NonceSlot())
			return nonce.Big().Uint64() > session.Sequence, err
		},
		Proven: func(ctx context.Context) (bool, error) {
			next, err := ethereumPayloads{}.provenSequence(ctx, e.client, vault)
			return next > session.Sequence, err
		},
	}, nil
}

// calldata is the chain's complete transaction, compared with the session: its SafeTx has the session's digest, and there is nothing in it but
// that and a threshold of signatures. With the SafeTx comes the gas that it needs: one that brings less could be refused and paid for.
func (e *evm) calldata(
	ctx context.Context, vault observe.Generation, session multisigtypes.Session,
) (calldata []byte, tx vaultethereum.SafeTx, safe common.Address, err error) {
	answer, err := e.node.Multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: session.Id})
	if err != nil {
		return nil, tx, safe, err
	}
	asked := answer.Payload.EthereumPayload()
	if asked == nil || asked.ChainId != e.cfg.ChainID || asked.Safe != vault.Vault.Address || asked.Nonce != session.Sequence {
		return nil, tx, safe, fmt.Errorf("%w: payload %v, want one of nonce %d of %s on %s", errForeignBytes, asked, session.Sequence, vault.Vault.Address, e.cfg.ChainID)
	}
	payload, err := asked.Plain()
	if err != nil {
		return nil, tx, safe, err
	}
	if tx, err = payload.SafeTx(); err != nil {
		return nil, tx, safe, err
	}
	digest, err := tx.Hash(payload.Domain())
	if err != nil {
		return nil, tx, safe, err
	}
	if len(session.Digests) != 1 || !bytes.Equal(session.Digests[0], digest.Bytes()) {
		return nil, tx, safe, fmt.Errorf("%w: digest %s, want %X", errForeignBytes, digest, session.Digests)
	}
	signed, err := e.node.Multisig.SignedTransaction(ctx, &multisigtypes.QuerySignedTransactionRequest{Id: session.Id})
	if err != nil {
		return nil, tx, safe, err
	}
	if !isSigned(tx, signed.Transaction, int(session.Threshold)) {
		return nil, tx, safe, fmt.Errorf("%w: %d bytes of calldata are not the SafeTx and %d signatures", errForeignBytes, len(signed.Transaction), session.Threshold)
	}
	return signed.Transaction, tx, payload.Safe, nil
}

// isSigned tells whether calldata is a SafeTx with that many signatures: their bytes are the last ones, before what pads them to words.
func isSigned(tx vaultethereum.SafeTx, calldata []byte, signatures int) bool {
	size := vaultethereum.SignatureSize * signatures
	padded := (size + common.HashLength - 1) / common.HashLength * common.HashLength
	at := len(calldata) - padded
	return at >= 0 && bytes.Equal(tx.Calldata(calldata[at:at+size]), calldata)
}
