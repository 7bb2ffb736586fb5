using System.Buffers;

namespace Sora.Mailstore.Search;

/// <summary>Arrays that grow, out of the shared pool and back into it.</summary>
internal static class Pooled
{
    /// <summary>Makes room for so many more than are used; what is used stays.</summary>
    public static void Grow<T>(ref T[] array, int used, int more)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(checked(used + more), (int)Math.Min(2L * array.Length, Array.MaxLength)));
        array.AsSpan(0, used).CopyTo(larger);
        Return(ref array);
        array = larger;
    }

    public static void Return<T>(ref T[] array)
    {
        if (array.Length > 0)
            ArrayPool<T>.Shared.Return(array);
        array = [];
    }
}
