package relayer

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// dealingWorld is a world of n relayers that deal in a round whose phases are long enough for all of them.
func dealingWorld(t *testing.T, n int) (*world, *fakeRound) {
	t.Helper()
	w := newWorld(t, n)
	weights := make([]uint64, n)
	for i := range weights {
		weights[i] = uint64(100 + 10*i)
	}
	round := w.openRound(30, 20, weights...)
	w.startAll()
	return w, round
}

// until makes blocks until a condition holds, at most limit.
func (w *world) until(limit int, holds func() bool) {
	w.t.Helper()
	for range limit {
		if holds() {
			return
		}
		w.blocks(1)
	}
	require.True(w.t, holds(), "not within %d blocks; %v", limit, w.executed())
}

func (r *fakeRound) is(status ssvtypes.RoundStatus) func() bool {
	return func() bool { return r.round.Status == status }
}

// seedOfOpenings is the seed that a round has, whoever opens what.
func (w *world) seedOfOpenings(round *fakeRound) []byte {
	var elements []pvss.Element
	for i, m := range w.members {
		key, err := OpenBeaconKeys(m.home, m.cfg).Find(round.dealers[i].BeaconKey)
		require.NoError(w.t, err)
		opening, err := pvss.OpenDealing(round.context(), m.operator, key)
		require.NoError(w.t, err)
		made, err := pvss.Deal(round.context(), m.operator, key)
		require.NoError(w.t, err)
		dealing, err := pvss.ParseDealing(round.context().Slots(), made)
		require.NoError(w.t, err)
		element, err := pvss.VerifyOpening(dealing.Commitment(), opening.Bytes())
		require.NoError(w.t, err)
		elements = append(elements, element)
	}
	seed := pvss.Seed(stafiChain, round.round.Era, elements)
	return seed[:]
}

func TestEveryDealerDealsOnceAndOpensOnceAndNobodyDecrypts(t *testing.T) {
	w, round := dealingWorld(t, 5)
	w.until(25, round.is(ssvtypes.ROUND_STATUS_DONE))
	w.blocks(3)
	for _, m := range w.members {
		require.Equal(t, 1, round.messages["deal "+m.operator])
		require.Equal(t, 1, round.messages["open "+m.operator])
		require.Zero(t, round.messages["decrypt "+m.operator])
		require.Empty(t, w.alarms(m))
	}
	require.Equal(t, w.seedOfOpenings(round), round.round.Seed)
	require.Less(t, round.round.CloseHeight, round.round.DealEnd, "closed when all had dealt")
	report := w.members[0].process.relayer.Board().Report().Round
	require.Equal(t, "round of era 1 is DONE: of 5 dealers 5 dealt, 5 opened, 0 rebuilt; this operator: OPENED", report.String())
}

func TestTheSecretOfADealerThatVanishesIsRebuiltByTheOthersAndTheSeedIsTheSame(t *testing.T) {
	w, round := dealingWorld(t, 5)
	w.until(20, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	w.members[3].process = nil
	w.until(25, round.is(ssvtypes.ROUND_STATUS_DONE))
	require.Equal(t, ssvtypes.DEALER_STATUS_REBUILT, round.dealers[3].Status)
	require.Equal(t, 4, round.count(ssvtypes.DEALER_STATUS_OPENED))
	require.Equal(t, w.seedOfOpenings(round), round.round.Seed)
	decrypted := 0
	for _, m := range w.members {
		require.LessOrEqual(t, round.messages["decrypt "+m.operator], 1)
		decrypted += round.messages["decrypt "+m.operator]
	}
	require.Less(t, decrypted, 4, "a third of the slots is enough: the others keep their turn to themselves")
}

func TestNothingIsOpenedBeforeTheNodeSaysThatTheDealingsAreClosedAtAnEarlierHeight(t *testing.T) {
	w, round := dealingWorld(t, 4)
	for round.round.Status == ssvtypes.ROUND_STATUS_DEAL {
		w.blocks(1)
		require.Zero(t, count(w.executed(), "open"))
	}
	require.Equal(t, w.stafi.height, round.round.CloseHeight)
	require.Empty(t, w.stafi.mempool, "the relayers have seen the close at this very height")
	w.blocks(1)
	require.Len(t, w.stafi.mempool, 4)
	require.Zero(t, count(w.executed(), "open"))
	w.blocks(1)
	require.Equal(t, 4, count(w.executed(), "open"))
}

func TestARelayerThatWasDownForPartOfAPhaseStillDoesItsPart(t *testing.T) {
	w, round := dealingWorld(t, 4)
	late := w.members[2]
	late.process = nil
	w.blocks(20)
	require.Equal(t, ssvtypes.ROUND_STATUS_DEAL, round.round.Status)
	require.NoError(t, late.start())
	w.until(5, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	late.process = nil
	w.blocks(8)
	require.Equal(t, 3, round.count(ssvtypes.DEALER_STATUS_OPENED))
	require.NoError(t, late.start())
	w.until(4, round.is(ssvtypes.ROUND_STATUS_DONE))
	require.Equal(t, ssvtypes.DEALER_STATUS_OPENED, round.dealer(late.operator).Status)
	require.Equal(t, w.seedOfOpenings(round), round.round.Seed)
}

func TestALostDiskChangesNeitherTheDealingNorTheSeedAndSendsNothingTwice(t *testing.T) {
	w, round := dealingWorld(t, 4)
	lost := w.members[1]
	vanished := w.members[3]
	for height := range 45 {
		if height == 15 {
			vanished.process = nil
		}
		lost.disk = newMortalDisk()
		require.NoError(t, lost.start())
		w.blocks(1)
	}
	require.Equal(t, ssvtypes.ROUND_STATUS_DONE, round.round.Status)
	require.Equal(t, w.seedOfOpenings(round), round.round.Seed)
	require.Equal(t, 1, round.messages["deal "+lost.operator])
	require.Equal(t, 1, round.messages["open "+lost.operator])
	require.LessOrEqual(t, round.messages["decrypt "+lost.operator], 1)
}

func TestARefusedDealingRaisesAnAlarmWithTheChainsReasonAndIsNotSentAgain(t *testing.T) {
	w, round := dealingWorld(t, 4)
	round.refuseAll = "pvss: commitments exceed the degree"
	w.blocks(12)
	for _, m := range w.members {
		require.Equal(t, 1, round.messages["deal "+m.operator], "the same bytes would be refused again")
		require.Equal(t, uint32(1), round.dealer(m.operator).Refused)
		require.Contains(t, w.alarmText(m, "dealing-refused"), "round of era 1: the chain refused 1 dealings of this operator: "+round.refuseAll)
	}
	w.until(30, round.is(ssvtypes.ROUND_STATUS_FAILED))
	w.blocks(1)
	require.Contains(t, w.alarmText(w.members[0], "round-missed"), "AWAITED")
}

func (w *world) alarmText(m *memberOf, key string) string {
	for _, alarm := range m.process.relayer.Board().Report().Alarms {
		if alarm.Key == key {
			return alarm.Text
		}
	}
	return ""
}

func TestAMissingBeaconKeyRaisesAnAlarmUntilItIsBackAndTheOtherDutiesGoOn(t *testing.T) {
	w := newWorld(t, 4)
	m := w.members[0]
	path, hidden := m.cfg.BeaconKeyPath(m.home), m.cfg.BeaconKeyPath(m.home)+".hidden"
	require.NoError(t, os.Rename(path, hidden))
	w.stafi.candidates[m.operator].Heartbeat.Height = 1
	w.startAll()
	w.blocks(1)
	require.Contains(t, w.alarmText(m, "beacon-key"), "the registered beacon key can't be used", "before any round needs it")
	round := w.openRound(30, 20, 1, 1, 1, 1)
	w.blocks(15)
	require.Equal(t, 3, round.count(ssvtypes.DEALER_STATUS_DEALT))
	require.Contains(t, w.alarmText(m, "beacon-key"), path+" is missing")
	require.Contains(t, m.lastError("deal"), "is missing")
	require.GreaterOrEqual(t, count(w.executed(), "heartbeat "+m.operator), 1)
	require.NoError(t, os.Rename(hidden, path))
	w.until(25, round.is(ssvtypes.ROUND_STATUS_DONE))
	w.blocks(1)
	require.Empty(t, w.alarms(m))
}

func TestAKeyFileOfAnotherKeyRaisesAnAlarmThatNamesBothAndNothingIsDealt(t *testing.T) {
	w, round := dealingWorld(t, 4)
	m := w.members[0]
	path, _, _ := newBeaconKey(t)
	require.NoError(t, os.Rename(path, m.cfg.BeaconKeyPath(m.home)))
	require.NoError(t, m.start())
	w.blocks(10)
	require.Contains(t, w.alarmText(m, "beacon-key"), fmt.Sprintf("key %X is in none of", m.beacon[:]))
	require.Zero(t, round.messages["deal "+m.operator])
}

func TestAFormerBeaconKeyDealsForARoundThatWasFrozenWithIt(t *testing.T) {
	w := newWorld(t, 4)
	m := w.members[0]
	m.cfg.FormerBeaconKeyFiles = []string{"beacon_key.json"}
	m.cfg.BeaconKeyFile = "next.json"
	_, err := CreateBeaconKey(m.cfg.BeaconKeyPath(m.home))
	require.NoError(t, err)
	w.startAll()
	round := w.openRound(30, 20, 1, 1, 1, 1)
	w.until(25, round.is(ssvtypes.ROUND_STATUS_DONE))
	require.Equal(t, 1, round.messages["open "+m.operator])
}

func TestADealingThatItsKeyDidNotMakeIsNotOpened(t *testing.T) {
	w, round := dealingWorld(t, 4)
	w.until(20, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	round.dealers[0].Commitment = bytes.Clone(round.dealers[1].Commitment)
	w.blocks(3)
	m := w.members[0]
	require.Contains(t, w.alarms(m), "dealing-foreign")
	require.Contains(t, m.lastError("deal"), errForeignDealing.Error())
	require.Zero(t, round.messages["open "+m.operator])
}

func TestSharesOfADealingThatTheChainDidNotAcceptAreNotDecrypted(t *testing.T) {
	w, round := dealingWorld(t, 4)
	w.until(20, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	w.members[3].process = nil
	lie := bytes.Clone(round.dealings[w.members[3].operator])
	lie[len(lie)-1] ^= 1
	round.dealings[w.members[3].operator] = lie
	w.until(20, func() bool { return w.stafi.height == round.round.RevealEnd-1 })
	require.Zero(t, count(w.executed(), "decrypt"))
	require.Contains(t, w.members[0].lastError("deal"), errDealingBytes.Error())
}

func TestSharesOfADealingThatDoesNotVerifyAreNotDecryptedWhateverTheNodeSays(t *testing.T) {
	w, round := dealingWorld(t, 4)
	w.until(20, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	vanished := w.members[3].operator
	w.members[3].process = nil
	lie := bytes.Clone(round.dealings[vanished])
	lie[len(lie)-1] ^= 1
	hash := sha256.Sum256(lie)
	round.dealings[vanished], round.dealer(vanished).DealingHash = lie, hash[:]
	w.until(20, func() bool { return w.stafi.height == round.round.RevealEnd-1 })
	require.Zero(t, count(w.executed(), "decrypt"))
	require.Contains(t, w.members[0].lastError("deal"), errOtherDealing.Error())
	require.Contains(t, w.members[0].lastError("deal"), pvss.ErrDealing.Error())
}

func TestADealingOfAnotherIsVerifiedOnceInARoundAndForItsDealerOnly(t *testing.T) {
	w, round := dealingWorld(t, 4)
	w.until(20, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	var verified verifiedDealings
	dealer, other := round.dealers[0].Operator, round.dealers[1].Operator
	_, err := verified.verify(round.context(), dealer, round.dealings[dealer])
	require.NoError(t, err)
	require.Len(t, verified.dealings, 1)
	_, err = verified.verify(round.context(), other, round.dealings[dealer])
	require.ErrorIs(t, err, pvss.ErrDealing, "it is another's")
	lie := bytes.Clone(round.dealings[dealer])
	lie[len(lie)-1] ^= 1
	_, err = verified.verify(round.context(), dealer, lie)
	require.ErrorIs(t, err, pvss.ErrDealing, "what was verified is the bytes, not the dealer")
	round.round.Anchor = []byte("another block")
	_, err = verified.verify(round.context(), dealer, round.dealings[dealer])
	require.ErrorIs(t, err, pvss.ErrDealing, "of another round")
	require.Empty(t, verified.dealings)
}

func TestAReasonThatNoBlockGivesIsNotSearchedForAgain(t *testing.T) {
	w, round := dealingWorld(t, 4)
	round.refuseAll, round.mute = "pvss: commitments exceed the degree", true
	w.blocks(12)
	require.Contains(t, w.alarmText(w.members[0], "dealing-refused"), "no event of the last 50 blocks says why")
	read := w.stafi.resultsRead
	w.blocks(5)
	require.LessOrEqual(t, w.stafi.resultsRead-read, 5*len(w.members), "the outboxes read each new block once")
}

func TestNothingIsDealtForAnotherChain(t *testing.T) {
	w, round := dealingWorld(t, 4)
	round.chainID = "stafi-other-1"
	w.blocks(5)
	require.Zero(t, count(w.executed(), "deal"))
	require.Contains(t, w.members[0].lastError("deal"), `found "stafi-other-1", want "stafi-test-1"`)
}

func TestADealerWithoutSlotsDealsAndOpensAndDecryptsNothing(t *testing.T) {
	w := newWorld(t, 5)
	round := w.openRound(30, 20, 1, 1000, 1000, 1000, 1000)
	require.Zero(t, round.dealers[0].Slots)
	w.startAll()
	w.until(20, round.is(ssvtypes.ROUND_STATUS_REVEAL))
	w.members[4].process = nil
	w.until(25, round.is(ssvtypes.ROUND_STATUS_DONE))
	require.Equal(t, 1, round.messages["open "+w.members[0].operator])
	require.Zero(t, round.messages["decrypt "+w.members[0].operator])
	require.Empty(t, w.members[0].lastError("deal"))
}

func TestOneThatIsNoDealerSendsNothingAndSaysSo(t *testing.T) {
	w, round := dealingWorld(t, 5)
	stranger := w.members[4]
	w.stafi.mu.Lock()
	round.dealers = round.dealers[:4]
	round.round.Slots = round.dealers[3].FirstSlot + round.dealers[3].Slots - 1
	w.stafi.mu.Unlock()
	w.until(20, round.is(ssvtypes.ROUND_STATUS_DONE))
	require.Zero(t, round.messages["deal "+stranger.operator])
	require.Equal(t, "no dealer", stranger.process.relayer.Board().Report().Round.Own)
}

func TestDealersTakeTurnsThatCrowdNoBlockAndEndInHalfTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dealers := rapid.IntRange(4, 64).Draw(t, "dealers")
		perBlock := rapid.Uint32Range(1, 8).Draw(t, "perBlock")
		blocks := rapid.Int64Range(1, 300).Draw(t, "blocks")
		round := ssvtypes.Round{FreezeHeight: 50, DealEnd: 50 + blocks, MaxDealingsPerBlock: perBlock}
		at := map[int64]uint32{}
		for i := range dealers {
			height := dealingTurn(round, i, dealers)
			at[height]++
			if height <= 50 || height > 51+blocks/2 {
				t.Fatalf("turn at %d", height)
			}
		}
		for height, turns := range at {
			if blocks/2 >= int64(dealers) && turns > perBlock {
				t.Fatalf("%d turns at %d, want at most %d", turns, height, perBlock)
			}
		}
	})
}

func TestInTheShortestPhasesEveryDealerHasTimeToActAndToTryAgain(t *testing.T) {
	const closed, dealers = 100, 64
	round := ssvtypes.Round{
		FreezeHeight: closed, DealEnd: closed + ssvtypes.MinDealBlocks, MaxDealingsPerBlock: dealers, CloseHeight: closed,
		RevealEnd: closed + ssvtypes.MinRevealBlocks, DecryptFrom: closed + (ssvtypes.MinRevealBlocks+1)/2 + 1,
	}
	for i := range dealers {
		require.GreaterOrEqual(t, round.DealEnd-dealingTurn(round, i, dealers), int64(2), "dealer %d", i)
		require.GreaterOrEqual(t, round.RevealEnd-decryptionTurn(round, i, 4, dealers), int64(2), "dealer %d", i)
	}
}

func TestDecryptorsTakeTurnsWithinHalfTheTimeAndNotAlwaysInTheSameOrder(t *testing.T) {
	round := ssvtypes.Round{DecryptFrom: 100, RevealEnd: 200}
	var firsts []int
	for target := range 10 {
		var first int
		for i := range 10 {
			if i == target {
				continue
			}
			height := decryptionTurn(round, i, target, 10)
			require.GreaterOrEqual(t, height, int64(100))
			require.Less(t, height, int64(150))
			if height == 100 {
				first = i
			}
		}
		firsts = append(firsts, first)
	}
	slices.Sort(firsts)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, firsts)
	require.Equal(t, int64(7), decryptionTurn(ssvtypes.Round{DecryptFrom: 7, RevealEnd: 8}, 3, 1, 64), "all at once where there is no time")
}

func TestADealerKilledAtAnyWriteDealsTheSameBytesAndOpensOnce(t *testing.T) {
	want, writes := roundWith(t, death{})
	require.Greater(t, writes, 4)
	require.Contains(t, want, "open stafivaloper00 1")
	require.Contains(t, want, "decrypt stafivaloper00 1")
	for write := 1; write <= writes; write++ {
		for _, written := range []bool{false, true} {
			for pause := range 2 {
				fate := death{write: write, written: written, pause: pause}
				got, _ := roundWith(t, fate)
				require.Equal(t, want, got, "%+v of %d", fate, writes)
			}
		}
	}
}

// keys of the members of the worlds of roundWith: the same in each, so that the bytes can be compared.
var sameKeys = map[string][]byte{}

// roundWith is a round in which the first dealer's relayer meets a fate, and the last dealer vanishes after dealing. Blocks are often full.
func roundWith(t *testing.T, fate death) (outcome string, writes int) {
	t.Helper()
	w := newWorld(t, 4)
	for _, m := range w.members {
		useSameKey(t, m)
	}
	w.stafi.full = 2
	round := w.openRound(30, 30, 5, 1, 1, 1)
	m := w.members[0]
	for _, other := range w.members[1:] {
		require.NoError(t, other.start())
	}
	m.disk.dieAt, m.disk.after = fate.write, fate.written
	_ = m.start()
	pause := fate.pause
	for range 64 {
		w.stafi.nextBlock()
		for i, other := range w.members[1:] {
			if i < 2 || round.round.Status == ssvtypes.ROUND_STATUS_DEAL {
				require.NoError(t, other.step())
			}
		}
		if !m.disk.dead() {
			_ = m.step()
		}
		if m.disk.dead() {
			if pause--; pause < 0 {
				require.NoError(t, m.start())
				_ = m.step()
			}
		}
	}
	var lines []string
	for what, times := range round.messages {
		if strings.HasSuffix(what, m.operator) {
			lines = append(lines, fmt.Sprintf("%s %d", what, times))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%v %X %s %X, %d refused", lines, round.dealer(m.operator).DealingHash, round.round.Status, round.round.Seed, w.stafi.failed), m.disk.writes
}

func useSameKey(t *testing.T, m *memberOf) {
	t.Helper()
	path := m.cfg.BeaconKeyPath(m.home)
	if content, known := sameKeys[m.operator]; known {
		require.NoError(t, os.WriteFile(path, content, 0o600))
	} else {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		sameKeys[m.operator] = content
	}
	key, err := ReadBeaconKey(path)
	require.NoError(t, err)
	m.beacon = key.PublicKey()
}
