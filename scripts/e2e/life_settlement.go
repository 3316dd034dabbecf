package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// settle waits for the era of the outage to be over and holds what the chain made of every era against what its blocks and the vectors say.
func (l *Life) settle(ctx context.Context) error {
	o := l.outages[len(l.outages)-1]
	chronicle, err := l.chronicled(ctx)
	if err != nil {
		return err
	}
	last := max(o.era, chronicle.EraAt(o.settled))
	_, err = Await(ctx, fmt.Sprintf("era %d to be settled", last), eraLimit, func(ctx context.Context) (uint64, bool, error) {
		era, err := l.stafi.Era(ctx)
		if err != nil {
			return 0, false, err
		}
		return era.Current, era.Current > last && era.Transition == nil, nil
	})
	if err != nil {
		return err
	}
	if chronicle, err = l.chronicled(ctx); err != nil {
		return err
	}
	for _, era := range sortedIDs(chronicle.EraStarts) {
		if _, _, ended := chronicle.Span(era); ended {
			if err := l.auditEra(ctx, chronicle, era); err != nil {
				return fmt.Errorf("era %d: %w", era, err)
			}
		}
	}
	if err := errors.Join(l.expectFault(o), l.expectBanned(ctx, o)); err != nil {
		return err
	}
	return l.showConsensusSet(ctx)
}

// auditEra predicts an era's judgement, slashes and reward and compares.
func (l *Life) auditEra(ctx context.Context, chronicle *Chronicle, era uint64) error {
	verdicts, err := l.verdicts(ctx, chronicle, era)
	if err != nil {
		return err
	}
	if err := l.compareSettlements(ctx, era, verdicts); err != nil {
		return err
	}
	if err := l.compareTokens(ctx, chronicle, era, verdicts); err != nil {
		return err
	}
	l.judged = append(l.judged, verdicts...)
	return l.auditStatement(ctx, chronicle, era, verdicts)
}

// expectFault wants the member that was killed to have been found at fault, in the era or in the next where its sessions settled late.
func (l *Life) expectFault(o *outage) error {
	for _, verdict := range l.judged {
		for _, account := range verdict.accounts {
			if verdict.vault == o.vault && account.operator == o.victim.Address && account.faulty() {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: validator%d has no fault in vault %d", errUnexpected, o.victim.Index, o.vault)
}

// expectBanned wants the member that was killed to have no seat in the next era.
func (l *Life) expectBanned(ctx context.Context, o *outage) error {
	answer, err := l.stafi.ssv().Committees(ctx, &ssvtypes.QueryCommitteesRequest{Era: o.era + 1})
	if err != nil {
		return err
	}
	for _, committee := range answer.Committees {
		if slices.Contains(members(committee), o.victim.Address) {
			return fmt.Errorf("%w: validator%d is a member in era %d again", errUnexpected, o.victim.Index, o.era+1)
		}
		l.report.Say("era %d: %s, without validator%d, which is banned from the election", o.era+1, l.stafi.Names(members(committee)), o.victim.Index)
	}
	return nil
}

// verdicts are those of the vault generations of which a session settled in an era, in order of id.
func (l *Life) verdicts(ctx context.Context, chronicle *Chronicle, era uint64) ([]verdict, error) {
	first, last, _ := chronicle.Span(era)
	attempts, err := l.attempts(ctx, chronicle)
	if err != nil {
		return nil, err
	}
	byVault := map[uint64][]attempt{}
	for _, attempt := range attempts {
		if attempt.settled > first && attempt.settled <= last {
			byVault[attempt.vault] = append(byVault[attempt.vault], attempt)
		}
	}
	var verdicts []verdict
	for _, id := range sortedIDs(byVault) {
		operators, err := l.signersOf(ctx, id)
		if err != nil {
			return nil, err
		}
		intervals := func(operator string) int { return l.intervals(chronicle, operator, first, last) }
		verdict, err := judgeVault(era, id, operators, byVault[id][0].threshold, byVault[id], intervals)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts, nil
}

// intervals of heartbeats, in blocks after the first up to and including the last, in which a duty transaction of an operator succeeded.
func (l *Life) intervals(chronicle *Chronicle, operator string, first, last int64) int {
	found, err := l.stafi.Operator(operator)
	if err != nil {
		return 0
	}
	lively := map[int64]bool{}
	for _, deed := range chronicle.Deeds {
		if deed.Submitter == found.Submitter.Address && deed.succeeded() && deed.Height > first && deed.Height <= last {
			lively[interval(first, deed.Height)] = true
		}
	}
	return len(lively)
}

// interval of an era that a block is in, from 0.
func interval(first, height int64) int64 { return (height - first - 1) / heartbeatBlocks }

// attempts are all sessions with the signatures that the blocks have, each verified here.
func (l *Life) attempts(ctx context.Context, chronicle *Chronicle) ([]attempt, error) {
	sessions, err := l.stafi.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	attempts := make([]attempt, len(sessions))
	for i, info := range sessions {
		if attempts[i], err = l.attempt(ctx, chronicle, info.Session); err != nil {
			return nil, err
		}
	}
	for i := range attempts {
		for _, other := range attempts {
			if other.root == attempts[i].root && other.id != attempts[i].id && other.proven > 0 {
				attempts[i].others = other.proven
			}
		}
	}
	return attempts, nil
}

func (l *Life) attempt(ctx context.Context, chronicle *Chronicle, session multisigtypes.Session) (attempt, error) {
	a := attempt{
		id: session.Id, root: session.Root, vault: session.Vault, settled: session.Expires, size: session.Size_, threshold: session.Threshold,
		obliged: session.Obliged, signed: map[string]bool{}, wrong: map[string]uint64{},
		proven: changed(chronicle.Sessions, session.Id, multisigtypes.SESSION_STATUS_PROVEN.String(), 0),
	}
	vault, err := l.stafi.Vault(ctx, session.Vault)
	if err != nil {
		return a, err
	}
	asked, err := l.stafi.Session(ctx, session.Id)
	if err != nil {
		return a, err
	}
	digest, err := cosmos.Digest(asked.Payload.CosmosPayload().Plain())
	if err != nil {
		return a, err
	}
	for _, signer := range vault.Signers {
		operator, err := l.stafi.Operator(signer.Operator)
		if err != nil {
			return a, err
		}
		for _, given := range chronicle.Signatures {
			if given.Session != session.Id || given.Submitter != operator.Submitter.Address || given.Height > session.Expires {
				continue
			}
			if len(given.Signatures) == 1 && cosmos.VerifySignature(signer.Key, digest[:], given.Signatures[0]) {
				a.signed[signer.Operator] = true
			} else {
				a.wrong[signer.Operator]++
			}
		}
	}
	return a, nil
}

// settlements is what the chain says of an era, as the command line prints it.
type settlements struct {
	Settlements []struct {
		Vault, Fraction string
		Faults          int
		Withdraws       bool
		Failed          bool
		Members         []struct {
			Operator, Required, Signed, Wrong, Heartbeats, Power, Slashed string
			Faults                                                        []string
			Withdrawn                                                     bool
		}
	}
}

// compareSettlements holds `stafid query ssv settlements` against the verdicts, and prints who has a fault.
func (l *Life) compareSettlements(ctx context.Context, era uint64, verdicts []verdict) error {
	var said settlements
	if err := l.stafi.Query(ctx, &said, "ssv settlements", fmt.Sprint(era)); err != nil {
		return err
	}
	if len(said.Settlements) != len(verdicts) {
		return fmt.Errorf("%w: the chain settled %d vaults, want %d: %+v", errUnexpected, len(said.Settlements), len(verdicts), verdicts)
	}
	var wrong []error
	for i, verdict := range verdicts {
		settled := said.Settlements[i]
		for j, account := range verdict.accounts {
			member := settled.Members[j]
			got := fmt.Sprintf("%s required %s signed %s lively %s faults%s withdrawn %t",
				member.Operator, or0(member.Required), or0(member.Signed), or0(member.Heartbeats), spaced(member.Faults), member.Withdrawn)
			want := fmt.Sprintf("%s required %d signed %d lively %d faults%s withdrawn %t",
				account.operator, account.required, account.signed, account.intervals, account.faults(), account.withdrawn)
			if got != want {
				wrong = append(wrong, fmt.Errorf("%w: vault %d: the chain says %s, predicted %s", errUnexpected, verdict.vault, got, want))
			}
			if account.faulty() {
				l.report.Say("era %d, vault %d: %s: required %d, signed %d, wrong %d, %d intervals with a sign of life:%s; withdrawn %t; slashed %s ufis of %s FIS",
					era, verdict.vault, l.stafi.Names([]string{account.operator}), account.required, account.signed, account.wrong,
					account.intervals, account.faults(), account.withdrawn, member.Slashed, member.Power)
			}
		}
		got := fmt.Sprintf("vault %s: k = %d, n = %d, fraction %s, all withdrawn %t", settled.Vault, settled.Faults, len(settled.Members), settled.Fraction, settled.Withdraws)
		want := fmt.Sprintf("vault %d: k = %d, n = %d, fraction %s, all withdrawn %t", verdict.vault, verdict.faults, len(verdict.accounts), verdict.fraction, verdict.withdraws)
		if got != want || settled.Failed {
			wrong = append(wrong, fmt.Errorf("%w: the chain says %s, failed %t, predicted %s", errUnexpected, got, settled.Failed, want))
		}
		l.report.Say("era %d, %s: as predicted from the blocks and the vectors", era, want)
	}
	return errors.Join(wrong...)
}

func spaced(faults []string) string {
	if len(faults) == 0 {
		return ""
	}
	return " " + strings.Join(faults, " ")
}

// compareTokens holds what each validator lost when the era ended against the fractions of what it had at stake, to the last ufis.
func (l *Life) compareTokens(ctx context.Context, chronicle *Chronicle, era uint64, verdicts []verdict) error {
	_, settled, _ := chronicle.Span(era)
	predicted := map[string]*big.Int{}
	for _, verdict := range verdicts {
		for _, account := range verdict.accounts {
			if !account.faulty() {
				continue
			}
			slash, err := l.slashAt(ctx, chronicle, settled, verdict.vault, account.operator, verdict.fraction)
			if err != nil {
				return err
			}
			predicted[account.operator] = plus(predicted[account.operator], slash)
		}
	}
	for _, operator := range l.stafi.Operators {
		if err := l.expectLoss(ctx, operator, settled, plus(predicted[operator.Address], nil)); err != nil {
			return err
		}
	}
	return nil
}

func plus(a, b *big.Int) *big.Int {
	sum := new(big.Int)
	for _, part := range []*big.Int{a, b} {
		if part != nil {
			sum.Add(sum, part)
		}
	}
	return sum
}

// slashAt is a fraction of the stake that an operator had when the pool was frozen of which the committee was drawn that held its vault before
// a block; the same vault may be another committee's later.
func (l *Life) slashAt(ctx context.Context, chronicle *Chronicle, height int64, vault uint64, operator, fraction string) (*big.Int, error) {
	answer, err := l.stafi.Vault(At(ctx, height-1), vault)
	if err != nil {
		return nil, err
	}
	drawn := chronicle.EraStarts[answer.Vault.Era]
	pool, err := l.stafi.ssv().Pool(At(ctx, drawn), &ssvtypes.QueryPoolRequest{Era: answer.Vault.Era - 1})
	if err != nil {
		return nil, fmt.Errorf("pool of era %d at block %d: %w", answer.Vault.Era-1, drawn, err)
	}
	tokens, err := l.tokensAt(ctx, operator, pool.Freeze.Height)
	if err != nil {
		return nil, err
	}
	return slashOf(new(big.Int).Quo(tokens, big.NewInt(1_000_000)).Int64(), fraction)
}

// expectLoss compares a validator's tokens before and after a block.
func (l *Life) expectLoss(ctx context.Context, operator *Operator, height int64, want *big.Int) error {
	before, err := l.tokensAt(ctx, operator.Address, height-1)
	if err != nil {
		return err
	}
	after, err := l.tokensAt(ctx, operator.Address, height)
	if err != nil {
		return err
	}
	if lost := new(big.Int).Sub(before, after); lost.Cmp(want) != 0 {
		return fmt.Errorf("%w: validator%d lost %s ufis in block %d, predicted %s", errUnexpected, operator.Index, lost, height, want)
	}
	if want.Sign() > 0 {
		l.report.Fact("validator%d had %s ufis before block %d and %s after it: slashed %s ufis, as predicted", operator.Index, before, height, after, want)
	}
	return nil
}

// tokensAt asks x/staking for a validator's tokens at the end of a block.
func (l *Life) tokensAt(ctx context.Context, operator string, height int64) (*big.Int, error) {
	answer, err := stakingtypes.NewQueryClient(l.stafi.GRPC).Validator(At(ctx, height), &stakingtypes.QueryValidatorRequest{ValidatorAddr: operator})
	if err != nil {
		return nil, fmt.Errorf("tokens of %s at block %d: %w", operator, height, err)
	}
	return answer.Validator.Tokens.BigInt(), nil
}

// At asks for the state at the end of a past block.
func At(ctx context.Context, height int64) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-cosmos-block-height", fmt.Sprint(height))
}

// faulty says whether an operator has a fault in one of an era's verdicts.
func faulty(verdicts []verdict, operator string) bool {
	return slices.ContainsFunc(verdicts, func(v verdict) bool {
		return slices.ContainsFunc(v.accounts, func(a account) bool { return a.operator == operator && a.faulty() })
	})
}
