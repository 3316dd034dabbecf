package observe

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// maxKeptBlocks bounds a Scanner's memory: blocks beyond it are fetched again.
const maxKeptBlocks = 16384

// Scanner derives as Derive and Rederive do, with the same results, and remembers of each block
// only the transactions that concern the vaults, dust left out, so that a relayer that derives
// after every block fetches and decodes each block once. What it remembers it forgets when the
// vaults or the least event change or the range moves on. It is safe for concurrent use; one
// serves one contract of one chain.
type Scanner struct {
	mu     sync.Mutex
	set    [sha256.Size]byte
	blocks map[uint64]*lightclient.Block
	logs   map[uint64]*safeBlock
}

// Derive is Derive with the Scanner's memory.
func (s *Scanner) Derive(ctx context.Context, in Input, limits Limits) (types.Observation, []Quarantined, error) {
	d, err := s.derivation(in)
	if err != nil {
		return types.Observation{}, nil, err
	}
	return d.derive(ctx, limits)
}

// Rederive is Rederive with the Scanner's memory.
func (s *Scanner) Rederive(ctx context.Context, in Input, toIndex uint32) (types.Observation, []Quarantined, error) {
	d, err := s.derivation(in)
	if err != nil {
		return types.Observation{}, nil, err
	}
	return d.rederive(ctx, toIndex)
}

// derivation has the memory, fit for the input, between its reader and the chain.
func (s *Scanner) derivation(in Input) (*derivation, error) {
	d, err := newDerivation(in)
	if err != nil {
		return nil, err
	}
	set := d.fingerprint()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks == nil || s.set != set {
		s.set, s.blocks, s.logs = set, map[uint64]*lightclient.Block{}, map[uint64]*safeBlock{}
	}
	forget(s.blocks, in.From)
	forget(s.logs, in.From)
	d.reader.remembering(memory{s, set})
	return d, nil
}

func forget[T any](kept map[uint64]T, upTo uint64) {
	for height := range kept {
		if height <= upTo {
			delete(kept, height)
		}
	}
}

// fingerprint identifies all that decides which transactions concern the vaults.
func (d *derivation) fingerprint() [sha256.Size]byte {
	hash := sha256.New()
	write := func(bz []byte) {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(bz)))
		hash.Write(bz)
	}
	write([]byte(d.in.Contract.ChainId))
	if d.in.Contract.Cosmos != nil {
		write([]byte(d.in.Contract.Cosmos.Bech32Prefix))
	}
	if least := d.in.LeastEvent; !least.IsNil() {
		write([]byte(least.String()))
	}
	for _, vault := range d.accounts.owners {
		write([]byte(vault.Address))
		_ = binary.Write(hash, binary.BigEndian, [2]uint64{uint64(vault.Threshold), uint64(len(vault.Keys))})
		for _, key := range vault.Keys {
			write(key)
		}
	}
	return [sha256.Size]byte(hash.Sum(nil))
}

// memory is what a Scanner remembers for one set of vaults. When another derivation has changed the set meanwhile it knows nothing and learns nothing.
type memory struct {
	scanner *Scanner
	set     [sha256.Size]byte
}

// recall is what a shelf of the memory has of a height, and nil where that is nothing.
func recall[T any](m memory, shelf func(*Scanner) map[uint64]*T, height uint64) *T {
	m.scanner.mu.Lock()
	defer m.scanner.mu.Unlock()
	if m.set != m.scanner.set {
		return nil
	}
	return shelf(m.scanner)[height]
}

func remember[T any](m memory, shelf func(*Scanner) map[uint64]*T, height uint64, block *T) {
	m.scanner.mu.Lock()
	defer m.scanner.mu.Unlock()
	if kept := shelf(m.scanner); m.set == m.scanner.set && len(kept) < maxKeptBlocks {
		kept[height] = block
	}
}

func blockShelf(s *Scanner) map[uint64]*lightclient.Block { return s.blocks }

func logShelf(s *Scanner) map[uint64]*safeBlock { return s.logs }

// sieve is a Chain that remembers blocks, less the transactions that concern no vault.
type sieve struct {
	Chain
	memory memory
	reader *cosmosReader
}

func (c *cosmosReader) remembering(m memory) { c.chain = sieve{Chain: c.chain, memory: m, reader: c} }

// Block implements Chain.
func (s sieve) Block(ctx context.Context, height uint64) (*lightclient.Block, error) {
	if block := recall(s.memory, blockShelf, height); block != nil {
		return block, nil
	}
	block, err := s.Chain.Block(ctx, height)
	if err != nil {
		return nil, err
	}
	sifted := *block
	sifted.Txs = nil
	for _, tx := range block.Txs {
		if s.reader.concerns(tx) {
			sifted.Txs = append(sifted.Txs, tx)
		}
	}
	remember(s.memory, blockShelf, height, &sifted)
	return &sifted, nil
}

// concerns says whether a transaction can matter to a derivation: it can't be read, a vault signed
// it, or it succeeded with a deposit to a vault. One with nothing but dust is forgotten: there may
// be any amount of it in a range, for dust ends none.
func (c *cosmosReader) concerns(tx lightclient.Tx) bool {
	if neverRan(tx) {
		return false
	}
	decoded, err := Decode(tx.Bytes)
	if err != nil || len(c.signersOf(decoded)) > 0 {
		return true
	}
	if tx.Code != 0 {
		return false
	}
	for _, output := range decoded.Outputs {
		if _, deposited := c.deposited(output); deposited && c.owner(output.Recipient) != nil {
			return true
		}
	}
	return false
}
