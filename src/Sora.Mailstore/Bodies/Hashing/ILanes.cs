namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>
/// One vector width as <see cref="Blake3Kernel"/> needs it: lane i of every vector belongs to chunk (or parent) i.
/// </summary>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    static abstract int Width { get; }

    static abstract TVector Broadcast(uint value);

    static abstract TVector Load(uint* source);

    static abstract void Store(TVector value, uint* target);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector XorRotate16(TVector left, TVector right);

    static abstract TVector XorRotate12(TVector left, TVector right);

    static abstract TVector XorRotate8(TVector left, TVector right);

    static abstract TVector XorRotate7(TVector left, TVector right);

    static abstract TVector Xor(TVector left, TVector right);

    /// <summary>Reads 64 bytes at <paramref name="offset"/> of every lane and writes sixteen vectors, vector w holding word w of all lanes.</summary>
    static abstract void LoadBlocks(byte** lanes, nuint offset, TVector* words);
}
