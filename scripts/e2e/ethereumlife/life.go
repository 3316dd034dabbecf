package ethereumlife

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	"github.com/stafiprotocol/stafid/scripts/ethereum"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// lifeLimit at pace 1 is far above what a life takes; it ends one that hangs.
const lifeLimit = 40 * time.Minute

var errUnexpected = errors.New("not as expected")

// Config says what a life runs on.
type Config struct {
	// Stafid is the binary; Peers are geth, Lodestar and Node.js.
	Stafid string
	Peers  ethereum.Binaries
	// Dir holds homes and logs; it must be empty.
	Dir string
	// Out gets the report.
	Out io.Writer
	// Pace of the networks; 0 is one that is measured.
	Pace e2e.Pace
}

// Life is a running system and the people who use it.
type Life struct {
	config     Config
	report     *e2e.Report
	measure    e2e.Measure
	supervisor *e2e.Supervisor
	failed     func(error)
	peers      *ethereum.Peers
	chain      *Chain
	gate       *Gate
	stafi      *e2e.Network
	books      *Books
	// funders are the accounts that pay for relayers' transactions, by operator.
	funders []common.Address
	// contract is the deployed contract's id; vault its first vault, whose address is the Safe's for ever.
	contract uint64
	vault    multisigtypes.Vault
	// plain is the payment that is claimed.
	plain deposited
	// crowdFirst is the id of the first redemption of the crowd, crowdBegan when it was asked for.
	crowdFirst uint64
	crowdBegan time.Time
	// calm is where the books are compared.
	calm e2e.RestPoint
	// reverter is a contract that refuses payments.
	reverter common.Address

	mu     sync.Mutex
	hashes []namedHash
}

type namedHash struct{ what, hash string }

// niceness of StaFi's processes. Blocks of StaFi may come late; a consensus client whose sync committee signs late for a whole period leaves light
// clients no update of two thirds, and none of them ever gets past that period.
const niceness = 5

// step is a part of the life, under the name that the report shows.
type step struct {
	name string
	run  func(context.Context) error
}

// Live lives the whole life. It returns nil only if every step went as it must and every figure adds up to the wei.
func Live(parent context.Context, config Config) (err error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	life := &Life{config: config, report: e2e.NewReport(config.Out), failed: func(err error) { cancel(err) }}
	if life.supervisor, err = e2e.NewSupervisor(filepath.Join(config.Dir, "logs"), life.failed); err != nil {
		return err
	}
	life.supervisor.Niceness = niceness
	defer func() { err = errors.Join(err, life.stop()) }()
	life.measure = e2e.MeasurePace(config.Pace)
	life.report.Pace(life.measure)
	limit := time.Duration(life.slots()) * lifeLimit
	limited, end := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the life took more than %s", limit))
	defer end()
	for _, step := range life.steps() {
		if life.stafi != nil {
			limited = e2e.Watching(limited, life.stafi.Watch())
		}
		if err := life.report.Step(step.name, func() error { return step.run(limited) }); err != nil {
			return e2e.Explained(ctx, err)
		}
	}
	life.report.Summary()
	return nil
}

func (l *Life) steps() []step {
	return []step{
		{fmt.Sprintf("start geth, Lodestar and %d StaFi validators; register as many candidates", validators), l.start},
		{"deploy the contract by governance; contracts that must be refused", l.deploy},
		{"first election: relayers deploy the Safe and its deposit contract", l.firstVault},
		{"stake: fund the reserve, deposit, receive rETH; deposits that must not mint", l.stake},
		{"claim a plain payment by the key that sent it", l.claim},
		{"redeem: paid by the Safe, though the sender is killed before it sends", l.redeem},
		{"ten redemptions of which one can't be paid; redemptions that must be refused", l.crowd},
		{"second committee: the same Safe is handed over while a payout is signed and unsent", l.handover},
		{"nine are paid, one is refused", l.awaitCrowd},
		{"redeem again: the new committee pays", l.redeemAgain},
		{"come to rest", l.comeToRest},
		{"balance sheet", l.audit},
	}
}

// slots is the time between the Ethereum network's blocks in seconds, of which it takes whole ones.
func (l *Life) slots() int { return int(math.Ceil(float64(l.measure.Pace))) }

// slotTime is slots as a duration.
func (l *Life) slotTime() time.Duration { return time.Duration(l.slots()) * time.Second }

// stop ends every process of this life.
func (l *Life) stop() error {
	failure := l.supervisor.StopAll()
	if l.gate != nil {
		failure = errors.Join(failure, l.gate.Close())
	}
	if l.peers != nil {
		failure = errors.Join(failure, l.peers.Stop())
	}
	return failure
}

func (l *Life) noteHash(what string, hash fmt.Stringer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hashes = append(l.hashes, namedHash{what, hash.String()})
}
