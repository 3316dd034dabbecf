package beacon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// allDeal is a round in which all six deal in block 105 and open in 107.
func allDeal(t *testing.T) *lifeOfRound {
	t.Helper()
	l := newLife(t)
	for i := range weights {
		msg := l.dealing(i)
		l.put(105, 0, msg)
		l.dealt(i, 105, msg)
	}
	l.record.Round.MaxDealingsPerBlock = 8
	l.close(105)
	for i := range weights {
		l.put(107, 0, l.opening(i))
		l.revealed(i, 107, types.DEALER_STATUS_OPENED)
	}
	l.record.Round.Seed = l.seed()
	return l
}

// refusedOf has a dealing in a block that was refused to a dealer, by the account that submitted for it then.
func (l *lifeOfRound) refusedOf(dealer int, height int64, account string, msg *types.MsgDeal) {
	msg.Submitter = account
	l.put(height, 0, msg)
	l.record.Dealers[dealer].Refused++
}

func TestATrueSeedIsBelievedWhoeverSentTheRefusedDealings(t *testing.T) {
	for name, sends := range map[string]func(l *lifeOfRound){
		"by an account that its operator changed afterwards": func(l *lifeOfRound) { l.refusedOf(2, 103, "stafi1old", l.garbage(2)) },
		"by accounts that two operators swap afterwards": func(l *lifeOfRound) {
			l.refusedOf(1, 102, account(0), l.garbage(1))
			l.refusedOf(1, 103, account(0), l.garbage(1))
			l.refusedOf(0, 103, account(1), l.garbage(0))
		},
		"a dealing of another that was told to the sender": func(l *lifeOfRound) { l.refusedOf(3, 103, account(3), l.dealing(4)) },
		"a dealing of the operator that takes the account over": func(l *lifeOfRound) {
			l.refusedOf(3, 103, account(4), l.dealing(4))
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := allDeal(t)
			sends(l)
			report, err := l.verify()
			require.NoError(t, err)
			require.Empty(t, report.Differences)
			require.Equal(t, l.record.Round.Seed, report.Seed)
		})
	}
}

func TestAnAccountWhoseRefusalsAreCountedOfAnotherIsNoted(t *testing.T) {
	l := allDeal(t)
	l.refusedOf(1, 103, account(0), l.garbage(1))
	report, err := l.verify()
	require.NoError(t, err)
	require.Len(t, report.Notes, 2)
	require.Contains(t, report.Notes[0], l.record.Dealers[0].Operator+" dealt by "+account(0)+", from which the blocks hold 1 refused dealings, and the record counts 0 of it")
}

func TestAValidDealingOfOneThatDidNotDealDoesNotSpoilATrueSeed(t *testing.T) {
	l := allDeal(t)
	told := l.dealing(5)
	l.block(105).Txs, l.block(105).Codes = l.block(105).Txs[:5], l.block(105).Codes[:5]
	l.block(107).Txs, l.block(107).Codes = l.block(107).Txs[:5], l.block(107).Codes[:5]
	forget(&l.record.Dealers[5])
	l.refusedOf(4, 103, "stafi1old", told)
	l.record.Round.Seed = l.seed()
	l.record.Round.DealEnd = 105
	report, err := l.verify()
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	require.Contains(t, strings.Join(report.Notes, "\n"), "block 103 holds a valid dealing of "+l.record.Dealers[5].Operator)
}
