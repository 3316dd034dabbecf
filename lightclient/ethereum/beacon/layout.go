package beacon

// The containers' fields, as the consensus specs order them. f is the fork of
// the container, which is that of its attested slot.

func (h *BlockHeader) walk(c *codec) {
	c.uint(&h.Slot)
	c.uint(&h.ProposerIndex)
	c.bytes(h.ParentRoot[:])
	c.bytes(h.StateRoot[:])
	c.bytes(h.BodyRoot[:])
}

func (p *PayloadHeader) walk(c *codec, f Fork) {
	c.bytes(p.ParentHash[:])
	c.bytes(p.FeeRecipient[:])
	c.bytes(p.StateRoot[:])
	c.bytes(p.ReceiptsRoot[:])
	c.bytes(p.LogsBloom[:])
	c.bytes(p.PrevRandao[:])
	c.uint(&p.BlockNumber)
	c.uint(&p.GasLimit)
	c.uint(&p.GasUsed)
	c.uint(&p.Timestamp)
	c.variable(func(c *codec) { c.list((*[]byte)(&p.ExtraData), maxExtraData) })
	c.bytes(p.BaseFeePerGas[:])
	c.bytes(p.BlockHash[:])
	c.bytes(p.TransactionsRoot[:])
	c.bytes(p.WithdrawalsRoot[:])
	if f >= Deneb {
		c.uint(&p.BlobGasUsed)
		c.uint(&p.ExcessBlobGas)
	}
}

func (h *Header) walk(c *codec, f Fork) {
	h.Beacon.walk(c)
	c.variable(func(c *codec) { h.Execution.walk(c, f) })
	c.roots(&h.ExecutionBranch, depth(executionIndex))
}

func (s *SyncCommittee) walk(c *codec, size int) {
	if c.reading {
		s.Pubkeys = make([]Pubkey, size)
	}
	for i := range s.Pubkeys {
		c.bytes(s.Pubkeys[i][:])
	}
	c.bytes(s.Aggregate[:])
}

func (a *SyncAggregate) walk(c *codec, size int) {
	if c.reading {
		a.Bits = make(Bits, size/8)
	}
	c.bytes(a.Bits)
	c.bytes(a.Signature[:])
}

func (b *Bootstrap) walk(c *codec, f Fork, size int) {
	if c.reading {
		b.Committee = new(SyncCommittee)
	}
	c.variable(func(c *codec) { b.Header.walk(c, f) })
	b.Committee.walk(c, size)
	c.roots(&b.Branch, depth(currentCommitteeIndexOf(f)))
}

// walk needs both optional fields to be there.
func (u *Update) walk(c *codec, f Fork, size int) {
	c.variable(func(c *codec) { u.Attested.walk(c, f) })
	u.NextCommittee.walk(c, size)
	c.roots(&u.CommitteeBranch, depth(nextCommitteeIndexOf(f)))
	c.variable(func(c *codec) { u.Finalized.walk(c, f) })
	c.roots(&u.FinalityBranch, depth(finalizedIndexOf(f)))
	u.Aggregate.walk(c, size)
	c.uint(&u.SignatureSlot)
}

// DecodeBootstrap reads a bootstrap's SSZ in the layout of a fork. Error: ErrMalformed.
func (n *Network) DecodeBootstrap(raw []byte, f Fork) (*Bootstrap, error) {
	b := new(Bootstrap)
	return b, decode(raw, func(c *codec) { b.walk(c, f, n.SyncCommitteeSize) })
}

// EncodeBootstrap is DecodeBootstrap's inverse. Error: ErrMalformed when the
// bootstrap does not have that fork's layout.
func (n *Network) EncodeBootstrap(b *Bootstrap, f Fork) ([]byte, error) {
	whole := *b
	whole.Branch = trimmed(b.Branch, currentCommitteeIndexOf(f))
	return encode(func(c *codec) { whole.walk(c, f, n.SyncCommitteeSize) })
}

// DecodeUpdate reads an update's SSZ in the layout of a fork. Error: ErrMalformed.
func (n *Network) DecodeUpdate(raw []byte, f Fork) (*Update, error) {
	u := &Update{NextCommittee: new(SyncCommittee), Finalized: new(Header)}
	if err := decode(raw, func(c *codec) { u.walk(c, f, n.SyncCommitteeSize) }); err != nil {
		return nil, err
	}
	return u, n.normalize(u)
}

// EncodeUpdate is DecodeUpdate's inverse; what is absent is zero. Error:
// ErrMalformed when the update does not have that fork's layout.
func (n *Network) EncodeUpdate(u *Update, f Fork) ([]byte, error) {
	whole := *u
	whole.CommitteeBranch = trimmed(u.CommitteeBranch, nextCommitteeIndexOf(f))
	whole.FinalityBranch = trimmed(u.FinalityBranch, finalizedIndexOf(f))
	if whole.NextCommittee == nil {
		whole.NextCommittee = &SyncCommittee{Pubkeys: make([]Pubkey, n.SyncCommitteeSize)}
		whole.CommitteeBranch = make([]Root, depth(nextCommitteeIndexOf(f)))
	}
	if whole.Finalized == nil {
		whole.Finalized = &Header{}
		whole.FinalityBranch = make([]Root, depth(finalizedIndexOf(f)))
	}
	if whole.Finalized.isZero() {
		whole.Finalized = &Header{ExecutionBranch: make([]Root, depth(executionIndex))}
	}
	return encode(func(c *codec) { whole.walk(c, f, n.SyncCommitteeSize) })
}

// DecodeStore reads what EncodeStore wrote. Error: ErrMalformed.
func (n *Network) DecodeStore(raw []byte) (*Store, error) {
	s := &Store{Current: new(SyncCommittee), Next: new(SyncCommittee)}
	if err := decode(raw, func(c *codec) { s.walk(c, n.SyncCommitteeSize) }); err != nil {
		return nil, err
	}
	if s.Next.isZero() {
		s.Next = nil
	}
	return s, nil
}

// EncodeStore is a store's own form for the disk: finalized header, current
// committee, next committee or zeros, in the layout of the newest fork.
func (n *Network) EncodeStore(s *Store) ([]byte, error) {
	whole := *s
	if whole.Next == nil {
		whole.Next = &SyncCommittee{Pubkeys: make([]Pubkey, n.SyncCommitteeSize)}
	}
	return encode(func(c *codec) { whole.walk(c, n.SyncCommitteeSize) })
}

func (s *Store) walk(c *codec, size int) {
	c.variable(func(c *codec) { s.Finalized.walk(c, Fulu) })
	s.Current.walk(c, size)
	s.Next.walk(c, size)
}
