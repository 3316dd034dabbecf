package relayer

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// Signed is the journal's record of a payload that was signed here, written before its signature is sent.
type Signed struct {
	Session  uint64 `json:"session"`
	Root     uint64 `json:"root"`
	Vault    uint64 `json:"vault"`
	Sequence uint64 `json:"sequence"`
	// Timeout is the last height of the original chain at which the payload can execute.
	Timeout uint64 `json:"timeout"`
	Digest  string `json:"digest"`
	// Effect identifies what the payload does, whatever its attempt: purpose, outputs and denom, or the next owners.
	Effect string `json:"effect"`
	// Competes: the payload hands a Safe on, and may take the nonce of a payout that was signed.
	Competes bool `json:"competes,omitempty"`
}

// signer answers the sessions that wait for this operator's signature.
type signer struct {
	keys    Keys
	node    *stafi.Node
	outbox  *stafi.Outbox
	journal *journal.Journal
	board   *status.Board
	// clients are the light clients by chain id; one may be missing while its chain is not followed yet.
	clients func(chainID string) lightclient.Client
}

// round signs what a view says is pending. One session that can't be signed does not keep the others from it.
func (s *signer) round(ctx context.Context, view stafi.View) {
	ctx = stafi.At(ctx, view.Height)
	refused := false
	for _, info := range view.Pending {
		if !info.Session.TakesSignatures(view.Height + 1) {
			continue
		}
		err := guard(func() error { return s.sign(ctx, view, info) })
		if err == nil || errors.Is(err, context.Canceled) {
			continue
		}
		err = fmt.Errorf("session %d: %w", info.Session.Id, err)
		if !wanted(info) {
			// Only the member's own credit is at stake: what its payload moved may be settled by now, and not be found as it was.
			s.board.Doing(status.Sign, "", err.Error(), nil)
			continue
		}
		s.board.Failed(status.Sign, "", err)
		if isRefusal(err) {
			refused = true
			s.board.Alarm("payload-refused", err.Error())
		}
	}
	if !refused {
		s.board.Clear("payload-refused")
	}
	s.board.Doing(status.Sign, "", fmt.Sprintf("%d sessions wait for this member", len(view.Pending)), func(duty *status.Duty) {
		duty.Height, duty.Lag = view.Height, int64(len(view.Pending))
	})
}

// wanted tells whether a session's signatures are still wanted, and not only taken for their members' credit.
func wanted(info multisigtypes.SessionInfo) bool {
	return info.Tally.Status == multisigtypes.SESSION_STATUS_OPEN || info.Tally.Status == multisigtypes.SESSION_STATUS_SIGNED
}

func isRefusal(err error) bool {
	for _, refusal := range []error{ErrPayloadVault, ErrPayloadOutputs, ErrPayloadFee, ErrPayloadDigest, ErrPayloadSequence, ErrKey} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// sign recomputes a session's payload, writes down that it is about to be signed, signs it and submits the signature.
func (s *signer) sign(ctx context.Context, view stafi.View, info multisigtypes.SessionInfo) error {
	session := info.Session
	key := fmt.Sprintf("sign/%d", session.Id)
	if entry, known := s.outbox.Get(key); known && entry.State == stafi.Included {
		// Still pending, though a signature was recorded: the chain counted it as wrong.
		return s.recordedWrong(view, session, entry)
	}
	contract, ok := view.Contract(session.Contract)
	if !ok {
		return fmt.Errorf("%w: contract %d is unknown", ErrPayloadVault, session.Contract)
	}
	if err := s.notFrozen(contract.ChainId); err != nil {
		return err
	}
	payload, err := s.payload(ctx, contract, info)
	if err != nil {
		return err
	}
	record := signedRecord(session, payload)
	if err := s.remember(contract, record, payload.spent); err != nil {
		return err
	}
	signature, err := s.signature(view, contract, session, payload)
	if err != nil {
		return err
	}
	return submitted(s.outbox.Submit(ctx, key, status.Sign, &multisigtypes.MsgSubmitSignatures{
		Submitter: s.keys.Submitter.Address().String(), Session: session.Id, Signatures: [][]byte{signature},
	}))
}

func (s *signer) recordedWrong(view stafi.View, session multisigtypes.Session, entry stafi.Entry) error {
	if view.Height <= entry.End {
		return nil
	}
	s.board.Alarm("wrong-signature", fmt.Sprintf(
		"the chain recorded this member's signature on session %d as wrong (transaction %s): do not restart other relayers with these keys; report it",
		session.Id, entry.Hash))
	return nil
}

// notFrozen: while two conflicting headers of a chain are unexplained, nothing of that chain is signed.
func (s *signer) notFrozen(chainID string) error {
	client := s.clients(chainID)
	if client != nil && client.Status().State == lightclient.Frozen {
		return lightclient.ErrFrozen
	}
	return nil
}

func signedRecord(session multisigtypes.Session, payload recomputed) Signed {
	return Signed{
		Session: session.Id, Root: session.Root, Vault: session.Vault, Sequence: session.Sequence, Timeout: session.TimeoutHeight,
		Digest: hex.EncodeToString(payload.digest[:]), Effect: payload.effect, Competes: payload.competes,
	}
}

// remember writes down what is about to be signed, after looking at what was signed before for the same sequence. Attempts of one
// series share their effect; a series of another root may only follow when every earlier payload is proven, by this relayer's own
// light client, to have timed out. Where payloads have no timeout, the only one that may follow is a handover after a payout: the Safe
// executes one of them. This holds even if the chain's state were wrong: at most one effect can ever execute.
func (s *signer) remember(contract stafi.Contract, record Signed, spent bool) error {
	chainID := contract.ChainId
	prefix := accountOf(contract, record.Vault) + "/" + journal.Number(record.Sequence) + "/"
	earlier, err := journal.List[Signed](s.journal, journal.Signed, prefix)
	if err != nil {
		return err
	}
	// One that can't execute any more conflicts with nothing; its signature is for the member's credit.
	harmless := spent || s.dead(chainID, record.Timeout)
	for _, entry := range earlier {
		before := entry.Value
		if before == record {
			return nil
		}
		if harmless {
			continue
		}
		if err := s.conflict(chainID, before, record); err != nil {
			return err
		}
	}
	return s.journal.Put(journal.Signed, prefix+journal.Number(record.Session), record)
}

// accountOf names what a payload's sequence is of, as a key of the journal: the vault, or the Safe that vaults hand on.
func accountOf(contract stafi.Contract, vault uint64) string {
	generation, ok := contract.Generation(vault)
	if ok && contract.Ethereum != nil {
		return contract.ChainId + "/" + generation.Vault.Address
	}
	return journal.Number(vault)
}

func (s *signer) conflict(chainID string, before, record Signed) error {
	if before.Session == record.Session || (before.Root == record.Root && before.Effect != record.Effect) {
		return fmt.Errorf("%w: session %d of series %d was signed here with another content", ErrPayloadSequence, before.Session, before.Root)
	}
	if record.Competes && !before.Competes {
		return nil
	}
	if before.Root != record.Root && !s.dead(chainID, before.Timeout) {
		return fmt.Errorf("%w: session %d of series %d was signed here for sequence %d and can execute up to height %d of %s",
			ErrPayloadSequence, before.Session, before.Root, before.Sequence, before.Timeout, chainID)
	}
	return nil
}

// dead: the light client has proven the last block in which a payload could execute; one without a timeout never is.
func (s *signer) dead(chainID string, timeout uint64) bool {
	client := s.clients(chainID)
	if client == nil {
		return false
	}
	head, err := client.Head()
	return err == nil && timeout > 0 && head.Height > 0 && uint64(head.Height) >= timeout
}

// signature by the key that the vault holds for this operator, checked before it is used.
func (s *signer) signature(
	view stafi.View, contract stafi.Contract, session multisigtypes.Session, payload recomputed,
) ([]byte, error) {
	vault, _ := contract.Generation(session.Vault)
	me, ok := member(vault, view)
	if !ok {
		return nil, fmt.Errorf("%w: operator %s is no signer of vault %d", ErrPayloadVault, view.Operator, session.Vault)
	}
	public := vault.Signers[me].Key
	key, err := s.keys.SignerOf(contract.ChainId, public)
	if err != nil {
		return nil, err
	}
	return payload.sign(key)
}
