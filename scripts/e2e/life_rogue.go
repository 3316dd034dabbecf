package e2e

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

const (
	// rogueRoom is enough for a report to be made before the era's end.
	rogueRoom Blocks = 15
	// stolen is what the rogue payload would pay to its signer.
	stolen = 1_000_000
	// evilFraction is what evil costs (protocol §13).
	evilFraction = "0.1"
	// slashRecord is the number of the criterion that evil fails.
	slashRecord = 5
)

// evil is a deed that was reported and punished.
type evil struct {
	operator string
	era      uint64
}

// rogue lets a member sign a transaction of its vault that nobody asked for, and anyone report it; reports that must be refused come first.
func (l *Life) rogue(ctx context.Context) error {
	if err := l.badReports(ctx); err != nil {
		return err
	}
	active, err := l.awaitCalm(ctx, rogueRoom)
	if err != nil {
		return err
	}
	vault, err := l.stafi.Vault(ctx, active.Id)
	if err != nil {
		return err
	}
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return err
	}
	operators, err := l.operatorsOf(vault)
	if err != nil {
		return err
	}
	thief := operators[len(operators)-1]
	document, signature, err := l.sign(thief, l.theft(vault.Vault, info.State.ObservedHeight))
	if err != nil {
		return err
	}
	other := slices.Clone(signature)
	other[7] ^= 1
	_, err = l.reportRogue(ctx, vault.Vault.Id, thief, document, other)
	if err := l.expectRefusal("report with an invalid signature", err, "not the signer's valid signature"); err != nil {
		return err
	}
	receipt, err := l.reportRogue(ctx, vault.Vault.Id, thief, document, signature)
	if err != nil {
		return err
	}
	l.report.Answer(fmt.Sprintf("payload of vault %d that validator%d signed and no session asked for", vault.Vault.Id, thief.Index),
		fmt.Sprintf("evil, reported by a staker in block %d", receipt.Height))
	return l.expectPunished(ctx, vault.Vault, thief, receipt.Height)
}

// theft pays the vault's money to nobody whom a session named.
func (l *Life) theft(vault multisigtypes.Vault, observed uint64) cosmos.Payload {
	return cosmos.Payload{
		ChainID: l.original.ID, AccountNumber: vault.AccountNumber, Sequence: vault.Sequence, From: vault.Address,
		Outputs: []cosmos.Output{{Address: l.original.Fresh("thief"), Amount: math.NewInt(stolen)}}, Denom: l.original.Denom,
		Fee: sdk.NewInt64Coin(l.original.Denom, 1000), GasLimit: 200_000, Memo: "stafi/1000000", TimeoutHeight: observed + timeoutBlocks,
	}
}

// sign makes a document of a payload and signs it with an operator's key.
func (l *Life) sign(operator *Operator, payload cosmos.Payload) (document, signature []byte, err error) {
	key, err := l.stafi.PrivateKey(operator.Signer)
	if err != nil {
		return nil, nil, err
	}
	if document, err = cosmos.SignBytes(payload); err != nil {
		return nil, nil, err
	}
	signature, err = key.Sign(document)
	return document, signature, err
}

// reportRogue is what a staker does, without the command line: the committee is to be the one that
// was looked at.
func (l *Life) reportRogue(ctx context.Context, vault uint64, operator *Operator, document, signature []byte) (Receipt, error) {
	return l.stafi.Send(ctx, l.stafi.Users[holder], &multisigtypes.MsgReportRogueSignature{
		Reporter: l.user(holder), Vault: vault, Operator: operator.Address, Document: document, Signature: signature,
	})
}

// reportByCommand is what a staker types.
func (l *Life) reportByCommand(ctx context.Context, vault uint64, operator *Operator, document, signature []byte) error {
	_, err := l.stafi.Tx(ctx, l.stafi.Users[holder], "multisig report-rogue", fmt.Sprint(vault), operator.Address,
		hex.EncodeToString(document), hex.EncodeToString(signature))
	return err
}

// badReports are of a closed vault, and of a session's own digest.
func (l *Life) badReports(ctx context.Context) error {
	closed, signer, err := l.closedVault(ctx)
	if err != nil {
		return err
	}
	vault, err := l.stafi.Vault(ctx, closed)
	if err != nil {
		return err
	}
	document, signature, err := l.sign(signer, l.theft(vault.Vault, 1))
	if err != nil {
		return err
	}
	err = l.reportByCommand(ctx, closed, signer, document, signature)
	if err := l.expectRefusal("report for a closed vault", err, "VAULT_STATUS_CLOSED"); err != nil {
		return err
	}
	return l.reportOfSession(ctx)
}

// closedVault waits until a vault that was handed over is closed, and returns it with one who held it.
func (l *Life) closedVault(ctx context.Context) (uint64, *Operator, error) {
	id, err := Await(ctx, "a vault that was handed over to be closed", 3*eraLimit, func(ctx context.Context) (uint64, bool, error) {
		vaults, err := l.stafi.Vaults(ctx, l.contract)
		closed := slices.IndexFunc(vaults, func(vault multisigtypes.Vault) bool { return vault.Status == multisigtypes.VAULT_STATUS_CLOSED })
		if err != nil || closed < 0 {
			return 0, false, err
		}
		return vaults[closed].Id, true, nil
	})
	if err != nil {
		return 0, nil, err
	}
	operators, err := l.signersOf(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	signer, err := l.stafi.Operator(operators[0])
	return id, signer, err
}

// reportOfSession accuses an honest member of what a session asked it to sign.
func (l *Life) reportOfSession(ctx context.Context) error {
	sessions, err := l.stafi.Sessions(ctx)
	if err != nil {
		return err
	}
	for _, info := range sessions {
		vault, err := l.stafi.Vault(ctx, info.Session.Vault)
		if err != nil {
			return err
		}
		if vault.Vault.Status != multisigtypes.VAULT_STATUS_RETIRING {
			continue
		}
		operators, err := l.operatorsOf(vault)
		if err != nil {
			return err
		}
		asked, err := l.stafi.Session(ctx, info.Session.Id)
		if err != nil {
			return err
		}
		document, signature, err := l.sign(operators[0], asked.Payload.CosmosPayload().Plain())
		if err != nil {
			return err
		}
		err = l.reportByCommand(ctx, vault.Vault.Id, operators[0], document, signature)
		return l.expectRefusal(fmt.Sprintf("report of what session %d asked for", info.Session.Id), err, "a session asked for that signature")
	}
	return fmt.Errorf("%w: no session of a RETIRING vault", errUnexpected)
}

// expectPunished wants the tenth of the stake gone in the report's block, the deed on the record, and a standby in the seat and then in the vault.
func (l *Life) expectPunished(ctx context.Context, vault multisigtypes.Vault, thief *Operator, height int64) error {
	chronicle, err := l.chronicled(ctx)
	if err != nil {
		return err
	}
	l.evils = append(l.evils, evil{thief.Address, chronicle.EraAt(height)})
	slash, err := l.slashAt(ctx, chronicle, height, vault.Id, thief.Address, evilFraction)
	if err != nil {
		return err
	}
	if err := l.expectLoss(ctx, thief, height, slash); err != nil {
		return err
	}
	before, _, err := l.stafi.Committee(At(ctx, height-1), l.contract)
	if err != nil {
		return err
	}
	committee, _, err := l.stafi.Committee(At(ctx, height), l.contract)
	if err != nil {
		return err
	}
	out, in := difference(members(before), members(committee)), difference(members(committee), members(before))
	if len(in) != 1 || !slices.Equal(out, []string{thief.Address}) {
		return fmt.Errorf("%w: %v gave their seats to %v, want validator%d to one standby", errUnexpected, out, in, thief.Index)
	}
	l.report.Say("its seat is the standby %s's in the same block", l.stafi.Names(in))
	if err := l.showRecord(ctx, thief); err != nil {
		return err
	}
	next, err := l.awaitActive(ctx, "the vault without the evil member to be active", func(id uint64) bool { return id != vault.Id })
	if err != nil {
		return err
	}
	signers, err := l.signersOf(ctx, next.Id)
	if err != nil {
		return err
	}
	if slices.Contains(signers, thief.Address) {
		return fmt.Errorf("%w: validator%d holds vault %d, too", errUnexpected, thief.Index, next.Id)
	}
	l.report.Say("vault %d of %s, without validator%d, is active", next.Id, l.stafi.Names(signers), thief.Index)
	return l.showConsensusSet(ctx)
}

// showRecord wants the deed on the operator's slash record.
func (l *Life) showRecord(ctx context.Context, thief *Operator) error {
	answer, err := l.stafi.ssv().Candidate(ctx, &ssvtypes.QueryCandidateRequest{Operator: thief.Address})
	if err != nil {
		return err
	}
	for _, criterion := range answer.Info.Criteria {
		if criterion.Number == slashRecord {
			l.report.Say("criterion %d of validator%d, %s: %s; required %s", criterion.Number, thief.Index, criterion.Name, criterion.Measured, criterion.Required)
			if criterion.Holds {
				return fmt.Errorf("%w: validator%d has no slash record", errUnexpected, thief.Index)
			}
			return nil
		}
	}
	return fmt.Errorf("%w: validator%d has no criterion %d", errUnexpected, thief.Index, slashRecord)
}
