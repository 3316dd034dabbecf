package e2e

import (
	"context"
	"encoding/hex"
	"fmt"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// duplicateGas is more than a signature takes.
const duplicateGas = 200_000

// badSignatures tries what the table of bad inputs lists, while a session is open.
func (l *Life) badSignatures(ctx context.Context, vault *multisigtypes.QueryVaultResponse, session *multisigtypes.QuerySessionResponse, silent, signed *Operator) error {
	id := session.Session.Id
	right, err := l.signAs(silent, session)
	if err != nil {
		return err
	}
	stranger, err := l.nonMember(vault)
	if err != nil {
		return err
	}
	_, err = l.submit(ctx, stranger, id, right)
	if err := l.expectRefusal("signature by a non-member", err, "no member"); err != nil {
		return err
	}
	closed, err := l.closedSession(ctx, id)
	if err != nil {
		return err
	}
	_, err = l.stafi.Tx(ctx, silent.Submitter, "multisig submit-signatures", fmt.Sprint(closed), hex.EncodeToString(right))
	if err := l.expectRefusal(fmt.Sprintf("signature for another session (%d, which is over)", closed), err); err != nil {
		return err
	}
	again, err := l.signAs(signed, session)
	if err != nil {
		return err
	}
	_, err = l.submit(ctx, signed, id, again)
	if err := l.expectRefusal("signature repeated by a member that has signed", err, "has signed"); err != nil {
		return err
	}
	if err := l.duplicate(ctx, signed, id, again); err != nil {
		return err
	}
	return l.wrongSignature(ctx, id, silent, right)
}

// duplicate sends a signature again without asking first what would become of it: it fails in its block, and pays.
func (l *Life) duplicate(ctx context.Context, signed *Operator, id uint64, again []byte) error {
	receipt, err := l.stafi.SendAnyCode(ctx, Letter{Signers: []Account{signed.Submitter}, Gas: duplicateGas}, submission(signed, id, again))
	if err != nil {
		return err
	}
	if refunded := receipt.Attribute("stafi.ssv.v1.EventRefund", "amount"); receipt.Code == 0 || refunded != "" || !receipt.Fee.IsPositive() {
		return fmt.Errorf("%w: a repeated signature ended with code %d, fee %s and %s refunded", errUnexpected, receipt.Code, receipt.Fee, or0(refunded))
	}
	l.report.Answer("signature repeated all the same", fmt.Sprintf("failed in block %d, fee of %s ufis paid, nothing refunded", receipt.Height, receipt.Fee))
	return nil
}

// wrongSignature is recorded against its member, and not counted.
func (l *Life) wrongSignature(ctx context.Context, id uint64, member *Operator, right []byte) error {
	wrong := append([]byte(nil), right...)
	wrong[5] ^= 1
	if _, err := l.submit(ctx, member, id, wrong); err != nil {
		return fmt.Errorf("wrong signature: %w", err)
	}
	session, err := l.stafi.Session(ctx, id)
	if err != nil {
		return err
	}
	for _, signer := range session.Signers {
		if signer.Operator == member.Address && signer.Wrong == 1 && !signer.Signed && session.Tally.Signatures == committeeThreshold-1 {
			l.report.Answer("wrong signature", fmt.Sprintf("recorded: %d wrong of validator%d, still %d counted", signer.Wrong, member.Index, session.Tally.Signatures))
			return nil
		}
	}
	return fmt.Errorf("%w: after a wrong signature session %d is %v with signers %v", errUnexpected, id, session.Tally, session.Signers)
}

// submit hands a signature in without a process: a session is open for 20 blocks.
func (l *Life) submit(ctx context.Context, operator *Operator, session uint64, signature []byte) (Receipt, error) {
	return l.stafi.Send(ctx, operator.Submitter, submission(operator, session, signature))
}

func submission(operator *Operator, session uint64, signature []byte) *multisigtypes.MsgSubmitSignatures {
	return &multisigtypes.MsgSubmitSignatures{Submitter: operator.Submitter.Address, Session: session, Signatures: [][]byte{signature}}
}

func (l *Life) nonMember(vault *multisigtypes.QueryVaultResponse) (*Operator, error) {
	in := map[string]bool{}
	for _, signer := range vault.Signers {
		in[signer.Operator] = true
	}
	for _, operator := range l.stafi.Operators {
		if !in[operator.Address] {
			return operator, nil
		}
	}
	return nil, fmt.Errorf("%w: every operator is a member of vault %d", errUnexpected, vault.Vault.Id)
}

// closedSession is the newest session before one that takes no more signatures.
func (l *Life) closedSession(ctx context.Context, before uint64) (uint64, error) {
	sessions, err := l.stafi.Sessions(ctx)
	if err != nil {
		return 0, err
	}
	height, err := l.stafi.Height(ctx)
	if err != nil {
		return 0, err
	}
	for _, info := range sessions {
		if info.Session.Id < before && info.Session.Expires < height {
			return info.Session.Id, nil
		}
	}
	return 0, fmt.Errorf("%w: no session before %d is over at height %d", errUnexpected, before, height)
}
