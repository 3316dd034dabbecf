package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// outageBlocks are half an era of the small network.
	outageBlocks = 30
	// outageEras is how many committees may be without standbys.
	outageEras = 3
	// outageRedeem is what users go on redeeming meanwhile.
	outageRedeem = 3_000_000
	// outageSessions are what the member misses, besides a handover that it may be back in time to sign.
	outageSessions = 3
	// emergencyLimit is more than the 20 blocks of two sessions.
	emergencyLimit Blocks = 120
	// rotationAllowed is how many blocks may pass from the session's close to the new vault.
	rotationAllowed = 30
)

// outage is a member that is gone, node and relayer, and what is to be shown of it.
type outage struct {
	era      uint64
	vault    uint64
	victim   *Operator
	height   int64
	killedAt time.Time
	// settled is the block in which the last payout that it missed settled.
	settled int64
	// asked are the redemptions that users ask for meanwhile, with their recipients.
	asked map[uint64]string
	// served are the calls that the other members were given receipts for.
	served served
}

// serve lets stakers call the members' services while one of the members is killed.
func (l *Life) serve(ctx context.Context) error {
	o, err := l.beginOutage(ctx)
	if err != nil {
		return err
	}
	return Together(ctx,
		func(ctx context.Context) error { return l.suffer(ctx, o) },
		func(ctx context.Context) error { return l.callServices(ctx, o) },
	)
}

// beginOutage waits for an era's committee that has standbys to have its vault, and chooses a member that the harness does not ask itself.
func (l *Life) beginOutage(ctx context.Context) (*outage, error) {
	before, err := l.stafi.Era(ctx)
	if err != nil {
		return nil, err
	}
	era, err := l.awaitStandbys(ctx, before.Current+1)
	if err != nil {
		return nil, err
	}
	vault, err := l.awaitVaultOfEra(ctx, era)
	if err != nil {
		return nil, err
	}
	operators, err := l.signersOf(ctx, vault.Id)
	if err != nil {
		return nil, err
	}
	l.report.Say("era %d: vault %d of %s", vault.Era, vault.Id, l.stafi.Names(operators))
	o := &outage{era: vault.Era, vault: vault.Id, asked: map[uint64]string{}}
	for _, address := range operators {
		operator, err := l.stafi.Operator(address)
		if err != nil {
			return nil, err
		}
		if operator != l.stafi.Operators[0] {
			o.victim = operator
		}
	}
	l.outages = append(l.outages, o)
	return o, nil
}

// awaitStandbys waits for an era from one on whose committee has standbys: with few candidates who neither rest nor are banned there may
// once be none, and then no seat changes hands.
func (l *Life) awaitStandbys(ctx context.Context, era uint64) (uint64, error) {
	for last := era + outageEras; era < last; era++ {
		if _, err := l.awaitCommittee(ctx, era); err != nil {
			return 0, err
		}
		committee, _, err := l.stafi.Committee(ctx, l.contract)
		if err != nil {
			return 0, err
		}
		standbys := make([]string, len(committee.Standbys))
		for i, standby := range committee.Standbys {
			standbys[i] = standby.Operator
		}
		l.report.Say("era %d: %d standbys: %s", era, len(standbys), l.stafi.Names(standbys))
		if len(standbys) > 0 {
			return era, nil
		}
	}
	return 0, fmt.Errorf("%w: no committee of %d eras has a standby", errUnexpected, outageEras)
}

// suffer kills the member, lets users redeem until it is replaced, and brings it back after half an era.
func (l *Life) suffer(ctx context.Context, o *outage) error {
	if err := l.kill(ctx, o); err != nil {
		return err
	}
	if err := l.redeemUntilReplaced(ctx, o); err != nil {
		return err
	}
	return Together(ctx,
		func(ctx context.Context) error { return l.showRotation(ctx, o) },
		func(ctx context.Context) error { return l.bringBack(ctx, o) },
	)
}

func (l *Life) kill(ctx context.Context, o *outage) (err error) {
	o.victim.Node.Kill()
	o.victim.Relayer.Kill()
	if o.height, err = l.stafi.Height(ctx); err != nil {
		return err
	}
	o.killedAt = time.Now()
	l.report.Say("node and relayer of validator%d, a member, killed at block %d", o.victim.Index, o.height)
	return nil
}

// redeemUntilReplaced lets users redeem, each when the one before is paid, so that each has a session of its own, which settles without the member.
func (l *Life) redeemUntilReplaced(ctx context.Context, o *outage) error {
	for range outageSessions {
		id, err := l.redeemMeanwhile(ctx, o)
		if err != nil {
			return err
		}
		err = AwaitDone(ctx, fmt.Sprintf("redemption %d to be paid, or queued because the vault is handed over", id), paidLimit, func(ctx context.Context) (bool, error) {
			info, err := l.stafi.Redemption(ctx, id)
			if err == nil && info.Redemption.Status == contracttypes.REDEMPTION_STATUS_PAID {
				return true, nil
			}
			return l.replaced(ctx, o)
		})
		if err != nil {
			return err
		}
	}
	err := AwaitDone(ctx, fmt.Sprintf("validator%d to be replaced", o.victim.Index), emergencyLimit, func(ctx context.Context) (bool, error) {
		return l.replaced(ctx, o)
	})
	if err != nil {
		return err
	}
	if err := l.showDuties(ctx, o); err != nil {
		return err
	}
	// This one is queued while the vault is handed over.
	_, err = l.redeemMeanwhile(ctx, o)
	return err
}

func (l *Life) replaced(ctx context.Context, o *outage) (bool, error) {
	committee, found, err := l.stafi.Committee(ctx, l.contract)
	return found && !slices.Contains(members(committee), o.victim.Address), err
}

func (l *Life) redeemMeanwhile(ctx context.Context, o *outage) (uint64, error) {
	recipient := l.original.Fresh(fmt.Sprintf("outage %d", len(o.asked)))
	id, err := l.redeemAs(ctx, friend, outageRedeem, recipient)
	if err == nil {
		o.asked[id] = recipient
	}
	return id, err
}

// showDuties is what the operator itself would see of its account, while the era runs.
func (l *Life) showDuties(ctx context.Context, o *outage) error {
	var answer struct {
		Era      string
		Accounts []struct{ Vault, Required, Signed, Wrong, Observed, Agreed string }
		Costs    []struct {
			Vault, Fraction, Power, Cost string
			Others                       uint32
			Faults                       []string
		}
	}
	if err := l.stafi.Query(ctx, &answer, "ssv duties", o.victim.Address); err != nil {
		return err
	}
	l.report.Say("query ssv duties of validator%d, in era %s:", o.victim.Index, answer.Era)
	for _, a := range answer.Accounts {
		l.report.Say("  vault %s: %s sessions required, %s signed, %s wrong; %s observations, %s agreed", a.Vault, or0(a.Required), or0(a.Signed), or0(a.Wrong), or0(a.Observed), or0(a.Agreed))
	}
	for _, c := range answer.Costs {
		l.report.Say("  vault %s: faults now %v, of others %d: %s of %s FIS, %s ufis", c.Vault, c.Faults, c.Others, c.Fraction, c.Power, c.Cost)
	}
	return nil
}

func or0(number string) string {
	if number == "" {
		return "0"
	}
	return number
}

// showRotation waits until the standby's vault is proven and everyone who asked is paid, and measures.
func (l *Life) showRotation(ctx context.Context, o *outage) error {
	// The committee with the standby may have held a vault before: then that is active again, and its id is an old one.
	vault, err := l.awaitActive(ctx, "the standby's vault to be active", func(id uint64) bool { return id != o.vault })
	if err != nil {
		return err
	}
	operators, err := l.signersOf(ctx, vault.Id)
	if err != nil {
		return err
	}
	if slices.Contains(operators, o.victim.Address) {
		return fmt.Errorf("%w: validator%d holds vault %d, too", errUnexpected, o.victim.Index, vault.Id)
	}
	moved, err := l.provenMove(ctx, o.vault)
	if err != nil {
		return err
	}
	l.noteHash("emergency handover", moved)
	l.report.Say("vault %d handed over to vault %d of %s by %s", o.vault, vault.Id, l.stafi.Names(operators), moved)
	if err := l.measureRotation(ctx, o, vault.Id); err != nil {
		return err
	}
	for _, id := range sortedIDs(o.asked) {
		if err := l.expectPaid(ctx, id, o.asked[id], outageRedeem); err != nil {
			return err
		}
	}
	l.report.Say("everyone who asked meanwhile is paid; nobody did anything for it")
	return nil
}

// measureRotation counts from the close of the session by which the member was found silent to the block that made the new vault ACTIVE.
func (l *Life) measureRotation(ctx context.Context, o *outage, vault uint64) error {
	chronicle, err := l.chronicled(ctx)
	if err != nil {
		return err
	}
	closed, err := l.closeOf(ctx, o, chronicle)
	if err != nil {
		return err
	}
	active := changed(chronicle.Vaults, vault, multisigtypes.VAULT_STATUS_ACTIVE.String(), closed)
	blocks, took := active-closed, chronicle.Times[active].Sub(chronicle.Times[closed])
	l.report.Fact("emergency: from the session's close in block %d to the standby in the ACTIVE vault, proven, in block %d: %d blocks (%s)", closed, active, blocks, seconds(took))
	if active == 0 || blocks > rotationAllowed {
		return fmt.Errorf("%w: the rotation took %d blocks, at most %d wanted", errUnexpected, blocks, rotationAllowed)
	}
	return nil
}

// closeOf is the block at whose end the member was replaced: that in which a session of its vault settled.
func (l *Life) closeOf(ctx context.Context, o *outage, chronicle *Chronicle) (int64, error) {
	sessions, err := l.stafi.Sessions(ctx)
	if err != nil {
		return 0, err
	}
	for _, emergency := range chronicle.Emergencies {
		if !strings.Contains(emergency.replaced, o.victim.Address) {
			continue
		}
		for _, info := range sessions {
			if info.Session.Vault == o.vault && info.Session.Expires == emergency.height {
				return emergency.height, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: %s was replaced in none of %v, or no session of vault %d settled there", errUnexpected, o.victim.Address, chronicle.Emergencies, o.vault)
}

// bringBack starts the member's node and relayer after half an era and waits until both have caught up.
func (l *Life) bringBack(ctx context.Context, o *outage) error {
	if err := l.awaitHalfAnEra(ctx, o); err != nil {
		return err
	}
	if err := l.stafi.StartNode(o.victim); err != nil {
		return err
	}
	if err := l.awaitCaughtUp(ctx, o.victim); err != nil {
		return err
	}
	if err := o.victim.Relayer.Start(); err != nil {
		return err
	}
	restarted, err := l.stafi.Height(ctx)
	if err != nil {
		return err
	}
	_, err = Await(ctx, fmt.Sprintf("a heartbeat of validator%d", o.victim.Index), observedLimit, func(ctx context.Context) (int64, bool, error) {
		answer, err := l.stafi.ssv().Candidate(ctx, &ssvtypes.QueryCandidateRequest{Operator: o.victim.Address})
		if err != nil || answer.Info.Heartbeat == nil {
			return 0, false, err
		}
		return answer.Info.Heartbeat.Height, answer.Info.Heartbeat.Height > restarted, nil
	})
	if err == nil {
		l.report.Say("validator%d is back after %s: its node has caught up, its relayer sends heartbeats", o.victim.Index, seconds(time.Since(o.killedAt)))
	}
	return err
}

// awaitHalfAnEra waits for half an era, and until the payouts that the member did not sign have settled.
func (l *Life) awaitHalfAnEra(ctx context.Context, o *outage) error {
	return AwaitDone(ctx, "half an era to pass", emergencyLimit, func(ctx context.Context) (bool, error) {
		height, err := l.stafi.Height(ctx)
		if err != nil || height < o.height+outageBlocks {
			return false, err
		}
		sessions, err := l.stafi.Sessions(ctx)
		if err != nil {
			return false, err
		}
		for _, info := range sessions {
			if s := info.Session; s.Vault == o.vault && s.Opened > o.height && s.Purpose == multisigtypes.PURPOSE_PAYOUT {
				o.settled = max(o.settled, s.Expires)
			}
		}
		return height > o.settled, nil
	})
}

// catchUpLimit is for a node that replays hundreds of blocks while others are made.
const catchUpLimit Blocks = 240

func (l *Life) awaitCaughtUp(ctx context.Context, operator *Operator) error {
	rpc, err := rpchttp.New("http://"+operator.NodeRPC, "/websocket")
	if err != nil {
		return err
	}
	return AwaitDone(ctx, fmt.Sprintf("the node of validator%d to catch up", operator.Index), catchUpLimit, func(ctx context.Context) (bool, error) {
		height, err := l.stafi.Height(ctx)
		if err != nil {
			return false, err
		}
		status, err := rpc.Status(ctx)
		if err != nil {
			return false, err
		}
		return !status.SyncInfo.CatchingUp && status.SyncInfo.LatestBlockHeight+1 >= height, nil
	})
}

// chronicled reads on to the newest block.
func (l *Life) chronicled(ctx context.Context) (*Chronicle, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	height, err := l.stafi.Height(ctx)
	if err != nil {
		return nil, err
	}
	return l.chronicle, l.chronicle.ReadOn(ctx, l.stafi, height)
}

func sortedIDs[V any](by map[uint64]V) []uint64 {
	ids := make([]uint64, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// awaitCalm waits until the present committee holds the ACTIVE vault, nothing is being handed over, and so many blocks are left of the era.
func (l *Life) awaitCalm(ctx context.Context, room Blocks) (multisigtypes.Vault, error) {
	what := fmt.Sprintf("a committee that holds its vault, with %d blocks of its era left", room)
	return Await(ctx, what, 2*eraLimit+handoverLimit, func(ctx context.Context) (multisigtypes.Vault, bool, error) {
		none := multisigtypes.Vault{}
		era, err := l.stafi.Era(ctx)
		if err != nil || era.Transition != nil {
			return none, false, err
		}
		status, err := l.stafi.RPC.Status(ctx)
		if err != nil {
			return none, false, err
		}
		if era.Record.Era.EndTime.Sub(status.SyncInfo.LatestBlockTime) < time.Duration(room)*l.stafi.BlockTime {
			return none, false, nil
		}
		info, err := l.stafi.Contract(ctx, l.contract)
		if err != nil || info.State.Handover != contracttypes.HANDOVER_STAGE_NONE || info.State.PendingVault != 0 {
			return none, false, err
		}
		committee, found, err := l.stafi.Committee(ctx, l.contract)
		if err != nil || !found {
			return none, false, err
		}
		vault, err := l.stafi.Vault(ctx, info.State.ActiveVault)
		if err != nil {
			return none, false, err
		}
		for _, signer := range vault.Signers {
			if !slices.Contains(members(committee), signer.Operator) {
				return none, false, nil
			}
		}
		return vault.Vault, true, nil
	})
}

// awaitVaultOfEra waits until the present era's committee holds the ACTIVE vault.
func (l *Life) awaitVaultOfEra(ctx context.Context, era uint64) (multisigtypes.Vault, error) {
	info, err := Await(ctx, fmt.Sprintf("a vault of era %d to be active", era), eraLimit+handoverLimit, func(ctx context.Context) (contracttypes.ContractInfo, bool, error) {
		info, err := l.stafi.Contract(ctx, l.contract)
		if err != nil || info.State.ActiveVault == 0 || info.State.Handover != contracttypes.HANDOVER_STAGE_NONE {
			return info, false, err
		}
		vault, err := l.stafi.Vault(ctx, info.State.ActiveVault)
		return info, err == nil && vault.Vault.Era >= era, err
	})
	if err != nil {
		return multisigtypes.Vault{}, err
	}
	answer, err := l.stafi.Vault(ctx, info.State.ActiveVault)
	if err != nil {
		return multisigtypes.Vault{}, err
	}
	return answer.Vault, nil
}
