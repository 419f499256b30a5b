// Compares the sizes that a manifest, a configuration or an option requests with the machine's.
namespace Llm360.Notebooks;

/// <summary>Limits of sizes that come from outside.</summary>
/// <remarks>
/// Checks come before any allocation. Sizes are computed in 128 bits, where products of four 31-bit
/// numbers are exact.
/// </remarks>
internal static class SizeCheck
{
    /// <summary>Number of threads that is allowed on any machine.</summary>
    private const int AlwaysAllowedThreads = 64;

    private const int ThreadsPerProcessor = 4;

    /// <summary>Largest number of threads: four per processor, and at least 64.</summary>
    public static int MostThreads => Math.Max(AlwaysAllowedThreads, ThreadsPerProcessor * Environment.ProcessorCount);

    /// <summary>Memory of this machine, or of the container, in bytes.</summary>
    public static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Refuses a request that needs more memory than the machine has.</summary>
    /// <param name="bytes">Bytes needed at least.</param>
    /// <param name="what">What needs them, at the beginning of a sentence.</param>
    /// <param name="where">The key or option that requests it.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="memory">Available bytes; <see cref="Memory"/> when null.</param>
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
