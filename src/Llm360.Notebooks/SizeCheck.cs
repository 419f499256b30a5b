// Compares what a manifest, a configuration or an option asks for with what the machine has.
namespace Llm360.Notebooks;

/// <summary>The limits of sizes that others choose.</summary>
/// <remarks>
/// Checks come before anything is allocated. Sizes are computed in 128 bits, where products of four numbers
/// of 31 bits stay exact.
/// </remarks>
internal static class SizeCheck
{
    /// <summary>Threads that may be asked for on any machine.</summary>
    private const int AlwaysAllowedThreads = 64;

    private const int ThreadsPerProcessor = 4;

    /// <summary>Threads that may be asked for: four a processor, and 64 on any machine.</summary>
    public static int MostThreads => Math.Max(AlwaysAllowedThreads, ThreadsPerProcessor * Environment.ProcessorCount);

    /// <summary>Memory of this machine, or of the container, in bytes.</summary>
    public static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Refuses what needs more memory than there is.</summary>
    /// <param name="bytes">What it needs at least.</param>
    /// <param name="what">What needs it, at the beginning of a sentence.</param>
    /// <param name="where">The key or option that asks for it.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="memory">What there is; <see cref="Memory"/> when null.</param>
    /// <exception cref="Llm360Exception">It needs more.</exception>
    public static void RequireMemory(Int128 bytes, string what, string where, string remedy, long? memory = null)
    {
        var there = memory ?? Memory;
        if (bytes > there)
        {
            var sizes = $"at least {Gigabytes(bytes)} of memory, and {Gigabytes(there)} are there";
            throw new Llm360Exception($"{what} needs {sizes}.", where, remedy);
        }
    }

    private static string Gigabytes(Int128 bytes) => FormattableString.Invariant($"{(double)bytes / 1e9:#,0.#} GB");
}
