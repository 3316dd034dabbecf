package e2e

import (
	"context"
	"fmt"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/tx"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	heldBackRedeem = 12_000_000
	// heldBackRoom is enough for the redemption's session to be opened before the era's end: with two
	// members silent the vault could not be handed over.
	heldBackRoom Blocks = 10
	// sessionLimit is more than the 20 blocks for which a session is open.
	sessionLimit Blocks = 40
)

// heldBack lets a payout expire with one signature missing, and broadcasts it then, completed with the signature that a member held
// back. It is what a member with a relayer of its own could do.
func (l *Life) heldBack(ctx context.Context) error {
	active, err := l.awaitCalm(ctx, heldBackRoom)
	if err != nil {
		return err
	}
	vault, err := l.stafi.Vault(ctx, active.Id)
	if err != nil {
		return err
	}
	members, err := l.operatorsOf(vault)
	if err != nil {
		return err
	}
	holding, absent := members[0], members[1]
	holding.Relayer.Pause()
	absent.Relayer.Pause()
	recipient := l.original.Fresh("held back")
	id, err := l.redeemAs(ctx, friend, heldBackRedeem, recipient)
	if err != nil {
		return err
	}
	session, err := l.awaitSignatures(ctx, id, committeeThreshold-1)
	if err != nil {
		return err
	}
	l.report.Say("session %d has %d of %d signatures; two members are silent", session.Session.Id, session.Tally.Signatures, committeeThreshold)
	if err := l.badSignatures(ctx, vault, session, absent, members[2]); err != nil {
		return err
	}
	if err := l.badObservations(ctx, absent); err != nil {
		return err
	}
	if err := l.awaitExpiry(ctx, session.Session.Id); err != nil {
		return err
	}
	receipt, err := l.completeLate(ctx, vault, session, holding)
	if err != nil {
		return err
	}
	l.noteHash("expired payout completed and broadcast by a member", receipt.Hash)
	holding.Relayer.Resume()
	absent.Relayer.Resume()
	if err := l.expectPaid(ctx, id, recipient, heldBackRedeem); err != nil {
		return err
	}
	return l.expectProven(ctx, session.Session.Id, receipt.Hash)
}

func (l *Life) operatorsOf(vault *multisigtypes.QueryVaultResponse) ([]*Operator, error) {
	operators := make([]*Operator, len(vault.Signers))
	for i, signer := range vault.Signers {
		operator, err := l.stafi.Operator(signer.Operator)
		if err != nil {
			return nil, err
		}
		operators[i] = operator
	}
	return operators, nil
}

func (l *Life) awaitSignatures(ctx context.Context, redemption uint64, want uint32) (*multisigtypes.QuerySessionResponse, error) {
	return Await(ctx, fmt.Sprintf("%d signatures on redemption %d", want, redemption), paidLimit,
		func(ctx context.Context) (*multisigtypes.QuerySessionResponse, bool, error) {
			info, err := l.stafi.Redemption(ctx, redemption)
			if err != nil || info.Redemption.Root == 0 {
				return nil, false, err
			}
			session, err := l.stafi.Session(ctx, info.Redemption.Root)
			return session, err == nil && session.Tally.Signatures >= want, err
		})
}

func (l *Life) awaitExpiry(ctx context.Context, id uint64) error {
	session, err := Await(ctx, fmt.Sprintf("session %d to expire", id), sessionLimit, func(ctx context.Context) (*multisigtypes.QuerySessionResponse, bool, error) {
		session, err := l.stafi.Session(ctx, id)
		return session, err == nil && session.Tally.Status == multisigtypes.SESSION_STATUS_EXPIRED, err
	})
	if err == nil {
		l.report.Say("session %d is %s after block %d", id, session.Tally.Status, session.Session.Expires)
	}
	return err
}

// completeLate adds the held back signature to those on the chain and broadcasts the old attempt.
func (l *Life) completeLate(ctx context.Context, vault *multisigtypes.QueryVaultResponse, session *multisigtypes.QuerySessionResponse, holding *Operator) (Receipt, error) {
	given, err := l.countedSignatures(ctx, session.Session.Id)
	if err != nil {
		return Receipt{}, err
	}
	late, err := l.signAs(holding, session)
	if err != nil {
		return Receipt{}, err
	}
	given[holding.Submitter.Address] = late
	var keys [][]byte
	var signatures []cosmos.IndexedSignature
	for _, signer := range vault.Signers {
		keys = append(keys, signer.Key)
		operator, err := l.stafi.Operator(signer.Operator)
		if err != nil {
			return Receipt{}, err
		}
		if signature, found := given[operator.Submitter.Address]; found && len(signatures) < int(vault.Vault.Threshold) {
			signatures = append(signatures, cosmos.IndexedSignature{Index: signer.Index, Signature: signature})
		}
	}
	bytes, err := cosmos.Assemble(session.Payload.CosmosPayload().Plain(), vault.Vault.Threshold, keys, signatures)
	if err != nil {
		return Receipt{}, err
	}
	answer, err := l.original.RPC.BroadcastTxSync(ctx, bytes)
	if err != nil {
		return Receipt{}, err
	}
	if answer.Code != 0 {
		return Receipt{}, fmt.Errorf("the completed transaction was refused with code %d: %s", answer.Code, answer.Log)
	}
	receipt, err := l.original.Receipt(ctx, answer.Hash.String())
	if err != nil {
		return Receipt{}, err
	}
	l.report.Say("the expired attempt, completed by validator%d's signature, executed as %s", holding.Index, receipt.Hash)
	return receipt, receipt.Failed()
}

// signAs makes an operator's signature over a session with the key in its relayer's keyring.
func (l *Life) signAs(operator *Operator, session *multisigtypes.QuerySessionResponse) ([]byte, error) {
	key, err := l.stafi.PrivateKey(operator.Signer)
	if err != nil {
		return nil, err
	}
	signBytes, err := cosmos.SignBytes(session.Payload.CosmosPayload().Plain())
	if err != nil {
		return nil, err
	}
	return digestSignature(key, signBytes, session.Session.Digests[0])
}

// givenSignatures reads the signatures on a session from the blocks of StaFi, by submitter.
func (l *Life) givenSignatures(ctx context.Context, session multisigtypes.Session) (map[string][]byte, error) {
	given := map[string][]byte{}
	for height := session.Opened; height <= session.Expires; height++ {
		block, err := l.stafi.RPC.Block(ctx, &height)
		if err != nil {
			return nil, err
		}
		results, err := l.stafi.RPC.BlockResults(ctx, &height)
		if err != nil {
			return nil, err
		}
		for i, raw := range block.Block.Txs {
			if results.TxsResults[i].Code == 0 {
				if err := addSignatures(given, raw, session.Id); err != nil {
					return nil, err
				}
			}
		}
	}
	return given, nil
}

// countedSignatures are the given ones without those that were recorded as wrong.
func (l *Life) countedSignatures(ctx context.Context, id uint64) (map[string][]byte, error) {
	session, err := l.stafi.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	given, err := l.givenSignatures(ctx, session.Session)
	if err != nil {
		return nil, err
	}
	for _, signer := range session.Signers {
		operator, err := l.stafi.Operator(signer.Operator)
		if err != nil {
			return nil, err
		}
		if !signer.Signed {
			delete(given, operator.Submitter.Address)
		}
	}
	return given, nil
}

// addSignatures keeps the first submission of each submitter.
func addSignatures(given map[string][]byte, raw []byte, session uint64) error {
	var envelope tx.TxRaw
	var body tx.TxBody
	if err := envelope.Unmarshal(raw); err != nil {
		return err
	}
	if err := body.Unmarshal(envelope.BodyBytes); err != nil {
		return err
	}
	for _, message := range body.Messages {
		if !strings.HasSuffix(message.TypeUrl, "stafi.multisig.v1.MsgSubmitSignatures") {
			continue
		}
		var submit multisigtypes.MsgSubmitSignatures
		if err := submit.Unmarshal(message.Value); err != nil {
			return err
		}
		if _, found := given[submit.Submitter]; !found && submit.Session == session {
			given[submit.Submitter] = submit.Signatures[0]
		}
	}
	return nil
}

// expectProven wants the late execution to have settled its session, and nothing to have halted.
func (l *Life) expectProven(ctx context.Context, id uint64, hash string) error {
	session, err := l.stafi.Session(ctx, id)
	if err != nil {
		return err
	}
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return err
	}
	if session.Tally.Status != multisigtypes.SESSION_STATUS_PROVEN || info.State.Halts != (contracttypes.Halts{}) {
		return fmt.Errorf("%w: session %d is %s and the contract's halts are %v", errUnexpected, id, session.Tally.Status, info.State.Halts)
	}
	l.report.Answer("last signature of an expired payout held back and broadcast later",
		fmt.Sprintf("session %d is %s by %s, paid once, nothing halted", id, session.Tally.Status, hash))
	return nil
}
