package relayer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/status"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// staker is a funded account of the original chain.
func (w *world) staker() string {
	address, _, err := vaultcosmos.Address(originPrefix, 1, [][]byte{w.members[0].keys.Submitter.PubKey.Key})
	require.NoError(w.t, err)
	w.origin.give(address, 1_000_000)
	return address
}

// openPayout opens a session that pays one redemption.
func (w *world) openPayout(id uint64, change func(*contracttypes.Batch, *multisigtypes.CosmosPayload)) {
	vault := w.stafi.vaults[1]
	recipient := w.staker()
	w.stafi.redeemed[9] = contracttypes.Redemption{
		Id: 9, Contract: 1, Recipient: recipient, Amount: math.NewInt(1000), Fee: math.NewInt(10), Paid: math.ZeroInt(),
		InFlight: math.NewInt(990), FeesBurned: math.ZeroInt(),
	}
	batch := contracttypes.Batch{
		Root: id, Contract: 1, Vault: 1, Purpose: multisigtypes.PURPOSE_PAYOUT, Total: math.NewInt(990), Fee: math.NewInt(1600),
		Items: []contracttypes.PayoutItem{{Redemption: 9, Amount: math.NewInt(990)}},
	}
	payload := &multisigtypes.CosmosPayload{
		ChainId: originChain, AccountNumber: vault.AccountNumber, Sequence: vault.Sequence, From: vault.Address, Denom: originDenom,
		Outputs: []multisigtypes.Output{{Address: recipient, Amount: math.NewInt(990)}}, Fee: sdk.NewInt64Coin(originDenom, 1600),
		GasLimit: 160_000, Memo: vaultcosmos.Memo(id), TimeoutHeight: uint64(w.origin.height) + 100, MultiSend: true,
	}
	if change != nil {
		change(&batch, payload)
	}
	digest, err := vaultcosmos.Digest(payload.Plain())
	require.NoError(w.t, err)
	w.stafi.batches[id] = batch
	w.stafi.sessions[id] = &fakeSession{
		signed: map[string][]byte{}, payload: multisigtypes.Payload{Kind: &multisigtypes.Payload_Cosmos{Cosmos: payload}},
		tally: multisigtypes.Tally{Status: multisigtypes.SESSION_STATUS_OPEN},
		session: multisigtypes.Session{
			Id: id, Vault: 1, Contract: 1, Purpose: batch.Purpose, Attempt: 1, Root: id, Sequence: payload.Sequence,
			TimeoutHeight: payload.TimeoutHeight, Opened: w.stafi.height, Expires: w.stafi.height + 100,
			Size_: vault.Size_, Threshold: vault.Threshold, Digests: [][]byte{digest[:]}, Obliged: true,
		},
	}
}

func count(lines []string, prefix string) int {
	n := 0
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

func TestADepositIsProposedInTheFirstBlockAndAttestedByAllOthersInTheSecond(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.activeVault(5000)
	w.startAll()
	w.origin.send(t, w.staker(), vault.Address, 700, "stafi1recipient")
	w.origin.nextBlock() // the deposit's block
	w.blocks(1)          // the header that commits to its results: final, and proposed
	w.blocks(1)
	require.Equal(t, 1, count(w.executed(), "observe 50-51 1 events"), w.executed())
	w.blocks(1)
	require.Equal(t, 3, count(w.executed(), "attest true"), w.executed())
	require.Equal(t, 0, count(w.executed(), "attest false"))
	w.blocks(3)
	require.Len(t, w.executed(), 4, "nobody does anything twice")
}

func TestOnlyTheMemberWhoseTurnItIsProposesAndTheNextOneAfterPatience(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.activeVault(5000)
	w.startAll()
	first := w.sequenceOf(1)[0]
	first.process = nil
	w.origin.send(t, w.staker(), vault.Address, 700, "")
	w.blocks(proposePatience - 1)
	require.Empty(t, w.executed())
	w.blocks(3)
	require.Equal(t, 1, count(w.executed(), "observe"), w.executed())
	require.Contains(t, w.executed()[0], w.sequenceOf(1)[1].operator)
}

func TestAnEmptyRangeIsReportedOnlyWhenItIsLong(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.startAll()
	w.blocks(20)
	require.Equal(t, 0, count(w.executed(), "observe"), w.executed())
	w.blocks(2)
	require.Equal(t, 1, count(w.executed(), "observe 50-70 0 events"), w.executed())
}

func TestAnEmptyRangeThatOutlivesAPayloadIsReported(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.openPayout(4, func(_ *contracttypes.Batch, payload *multisigtypes.CosmosPayload) { payload.TimeoutHeight = 55 })
	w.origin.stuck = true
	w.startAll()
	w.blocks(7)
	require.Equal(t, 1, count(w.executed(), "observe 50-55 0 events"), w.executed())
}

func TestAPaymentOfWhichItsOwnNodeDoesNotKnowTheSessionYetIsNotReportedAsATheft(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.activeVault(5000)
	w.startAll()
	// Session 9 was opened, signed and paid while the nodes of all members here hang one block before.
	w.origin.send(t, vault.Address, w.staker(), 990, vaultcosmos.Memo(9))
	w.origin.nextBlock()
	w.blocks(6)
	require.Equal(t, 0, count(w.executed(), "observe"), w.executed())
	require.Empty(t, w.sequenceOf(1)[0].lastError(status.Observe))

	w.stafi.now = w.origin.blocks[w.origin.height].Time.Add(outflowPatience)
	w.blocks(5)
	require.Equal(t, 1, count(w.executed(), "observe"), "a theft is told, a minute later")
}

func TestAPaymentThatAGiftHidesIsNotReportedAsAStrangersEither(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.activeVault(5000)
	w.stafi.acceptAt = 3
	w.startAll()
	w.origin.send(t, vault.Address, w.staker(), 990, vaultcosmos.Memo(9))
	w.origin.give(vault.Address, 2000)
	w.origin.nextBlock()
	w.blocks(6)
	require.Equal(t, 0, count(w.executed(), "observe"), w.executed())

	w.stafi.now = w.origin.blocks[w.origin.height].Time.Add(outflowPatience)
	w.blocks(7)
	require.Equal(t, []string{"sequence 1", "surplus of 1010"}, w.stafi.observed)
	require.Equal(t, uint64(1), w.stafi.vaults[1].Sequence)
}

func TestALieToldWhileNothingHappensIsShownFalseAtOnce(t *testing.T) {
	w := newWorld(t, 4)
	w.activeVault(5000)
	w.startAll()
	w.origin.nextBlock()
	w.origin.nextBlock()
	liar := w.sequenceOf(1)[3]
	liar.process = nil
	lie := w.stafi.propose(contracttypes.Observation{
		Contract: 1, From: 50, To: 51, BlockHash: w.origin.blocks[51].Hash[:],
		Balances: []contracttypes.Balance{{Vault: 1, Amount: math.NewInt(6000)}},
	}, liar.operator)
	w.blocks(3)
	require.Equal(t, 3, count(w.executed(), "attest false"), w.executed())
	require.Equal(t, 0, count(w.executed(), "observe"), "while it is open nothing is shown by another")
	w.stafi.reject(lie)
	w.blocks(proposePatience)
	require.Equal(t, 1, count(w.executed(), "observe"), w.executed())
	require.Contains(t, strings.Join(w.executed(), "\n"), "0 events")
}

func TestAProposalThatLeavesOutADepositIsRejectedWithTheDifferenceNamed(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.activeVault(5000)
	w.startAll()
	w.origin.send(t, w.staker(), vault.Address, 700, "memo")
	w.origin.nextBlock()
	w.origin.nextBlock()
	liar := w.sequenceOf(1)[3]
	liar.process = nil
	w.stafi.propose(contracttypes.Observation{
		Contract: 1, From: 50, To: 51, BlockHash: w.origin.blocks[51].Hash[:],
		Balances: []contracttypes.Balance{{Vault: 1, Amount: math.NewInt(5000)}},
	}, liar.operator)
	w.blocks(2)
	require.Equal(t, 3, count(w.executed(), "attest false"), w.executed())
	alarms := w.sequenceOf(1)[0].process.relayer.Board().Report().Alarms
	require.Len(t, alarms, 1)
	require.Contains(t, alarms[0].Text, "they leave out event 0")
}

func TestAMemberThatIsBehindAProposalIsSilent(t *testing.T) {
	w := newWorld(t, 2)
	w.activeVault(5000)
	w.startAll()
	w.stafi.propose(contracttypes.Observation{Contract: 1, From: 50, To: 500, BlockHash: make([]byte, 32)}, "another")
	w.blocks(3)
	require.Equal(t, 0, count(w.executed(), "attest"), w.executed())
	require.Contains(t, w.members[0].lastError("attest"), errBehind.Error())
}

func TestAFrozenLightClientAttestsAndSignsNothing(t *testing.T) {
	w := newWorld(t, 1)
	vault := w.activeVault(5000)
	w.startAll()
	w.blocks(1)
	w.origin.state = "FROZEN"
	w.openPayout(4, nil)
	w.origin.send(t, w.staker(), vault.Address, 700, "memo")
	w.stafi.propose(contracttypes.Observation{Contract: 1, From: 50, To: 51, BlockHash: make([]byte, 32)}, "another")
	w.blocks(5)
	require.Empty(t, w.executed())
	require.Contains(t, w.alarms(w.members[0]), "frozen/"+originChain)
}

func TestAPayoutIsSignedByAllAndHandedOverByOneMember(t *testing.T) {
	w := newWorld(t, 4)
	w.activeVault(5000)
	w.startAll()
	w.openPayout(4, nil)
	w.blocks(1)
	require.Empty(t, w.executed())
	w.blocks(1)
	require.Equal(t, 4, count(w.executed(), "signature 4"), w.executed())
	require.Equal(t, multisigtypes.SESSION_STATUS_SIGNED, w.stafi.sessions[4].tally.Status)
	require.Len(t, w.origin.handed, 1)
	for _, times := range w.origin.handed {
		require.Equal(t, 1, times)
	}
	w.blocks(2 * broadcastPatience)
	for _, times := range w.origin.handed {
		require.Equal(t, 3, times, "another member every %d blocks until it is proven", broadcastPatience)
	}
}

func TestAPendingVaultsAccountIsCreatedOnceByTheMemberWhoseTurnItIs(t *testing.T) {
	w := newWorld(t, 4)
	vault := w.addVault(1, multisigtypes.VAULT_STATUS_PENDING, 3)
	w.stafi.state.PendingVault = 1
	for _, m := range w.members {
		w.origin.give(account(t, m.keys.Funders[originChain]), 100_000)
	}
	w.stafi.acceptAt = 3
	w.startAll()
	w.blocks(12)
	require.Len(t, w.origin.handed, 1)
	require.Equal(t, int64(1), w.origin.balances[vault.Address])
	require.Equal(t, 1, count(w.executed(), "observe"), w.executed())
	require.Equal(t, []string{"surplus of 1", "account of vault 1, plain true"}, w.stafi.observed)
}

func TestAFunderWithoutFundsRaisesAnAlarm(t *testing.T) {
	w := newWorld(t, 1)
	w.addVault(1, multisigtypes.VAULT_STATUS_PENDING, 1)
	w.stafi.state.PendingVault = 1
	w.startAll()
	w.blocks(3)
	require.Contains(t, w.alarms(w.members[0]), "funder/"+originChain)
	require.Empty(t, w.origin.handed)
}

func TestAHeartbeatIsSentOncePerIntervalUnlessAnotherDutyStoodForIt(t *testing.T) {
	w := newWorld(t, 1)
	w.startAll()
	w.blocks(9 + 50)
	require.Equal(t, 1, count(w.executed(), "heartbeat"), w.executed())
	w.activeVault(5000)
	w.openPayout(4, nil)
	w.blocks(50)
	require.Equal(t, 1, count(w.executed(), "signature"))
	require.Equal(t, 2, count(w.executed(), "heartbeat"), w.executed())
}

// outcome is what a run left on both chains, whatever observations it took, and whether a duty or a heartbeat stood for an interval.
func (w *world) outcome() []string {
	lines := slices.Clone(w.stafi.observed)
	for _, line := range w.executed() {
		if !strings.HasPrefix(line, "observe") && !strings.HasPrefix(line, "heartbeat") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return append(lines, fmt.Sprintf("%d transactions on the original chain, %d refused here", len(w.origin.handed), w.stafi.failed))
}

// death is when and how a process is killed: at its k-th write, which is lost or is the last thing that happens; and after how many
// blocks it is started again.
type death struct {
	write   int
	written bool
	pause   int
}

// eventful is a life with every duty in it: an account to be created, deposits, a payout to be signed, handed over and proven, and
// heartbeats. Blocks of this chain are often full, so that what was sent is in none for a while.
func eventful(t *testing.T, fate death) (outcome []string, writes int) {
	t.Helper()
	w := newWorld(t, 2)
	w.threshold, w.stafi.acceptAt, w.stafi.full = 1, 1, 3
	m := w.members[0]
	vault := w.activeVault(5000)
	w.addVault(2, multisigtypes.VAULT_STATUS_PENDING, 2)
	w.stafi.state.PendingVault = 2
	w.origin.give(account(t, m.keys.Funders[originChain]), 1_000_000)
	w.openPayout(4, nil)
	m.disk.dieAt, m.disk.after = fate.write, fate.written
	_ = m.start()
	pause := fate.pause
	for height := range 120 {
		if height%20 == 3 && height < 90 {
			w.origin.send(t, w.stafi.redeemed[9].Recipient, vault.Address, int64(height), "recipient")
		}
		w.origin.nextBlock()
		w.stafi.nextBlock()
		if !m.disk.dead() {
			_ = m.step()
		}
		if !m.disk.dead() {
			continue
		}
		if pause--; pause < 0 {
			require.NoError(t, m.start())
			_ = m.step()
		}
	}
	return w.outcome(), m.disk.writes
}

func TestARelayerKilledAtAnyWriteLeavesTheSameResult(t *testing.T) {
	want, writes := eventful(t, death{})
	require.Greater(t, writes, 8)
	require.Contains(t, want, "signature 4 stafivaloper00")
	require.Contains(t, want, "execution of session 4, success true")
	require.Contains(t, want, "account of vault 2, plain true")
	require.Contains(t, want, `deposit of 83 with memo "recipient"`)
	require.Contains(t, want, "2 transactions on the original chain, 0 refused here")
	for write := 1; write <= writes; write++ {
		for _, written := range []bool{false, true} {
			for pause := range 3 {
				fate := death{write: write, written: written, pause: pause}
				got, _ := eventful(t, fate)
				require.Equal(t, want, got, "%+v of %d", fate, writes)
			}
		}
	}
}
