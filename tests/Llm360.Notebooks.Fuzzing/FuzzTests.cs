// Damaged and hostile weights files end in one typed error, soon and in little memory: LLM360_FUZZ=100000 dotnet test tests/Llm360.Notebooks.Fuzzing
using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Llm360.Notebooks.Fuzzing;

public sealed class FuzzTests
{
    private const int UsualCases = 5_000;
    private const long MostMemory = 64 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private static int Cases => int.TryParse(Environment.GetEnvironmentVariable("LLM360_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : UsualCases;

    private static int First => int.TryParse(Environment.GetEnvironmentVariable("LLM360_FUZZ_FIRST"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;

    [Fact]
    public void Damaged_files_end_in_a_typed_error_soon_and_in_little_memory()
    {
        var corpus = new Corpus();
        var folder = Directory.CreateTempSubdirectory("llm360-fuzz-").FullName;
        var (read, refused) = (0, 0);
        try
        {
            for (var number = First; number < First + Cases; number++)
            {
                var sample = corpus.Case(number);
                var path = Path.Combine(folder, sample.Name);
                File.WriteAllBytes(path, sample.Bytes);
                if (Judge(path, number))
                    read++;
                else
                    refused++;
                File.Delete(path);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{read} read, {refused} refused");
        // Both paths must have been walked, or the damage is too little or too much to find anything.
        Assert.InRange(read, 1, Cases - 1);
    }

    [Fact]
    public void Every_forbidden_name_is_refused_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("llm360-fuzz-").FullName;
        try
        {
            foreach (var (name, pickle) in Pickles.Forbidden())
            {
                var path = Path.Combine(folder, "x.bin");
                File.WriteAllBytes(path, Pickles.Archive(pickle));
                var error = Assert.Throws<WeightsException>(() => StateDict.Open(path));
                Assert.Equal(WeightsFault.UnsafeClass, error.Fault);
                Assert.Contains(name, error.What, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Whether the file could be read; fails the test with the case's number if it ends in any other way than it may.</summary>
    private static bool Judge(string path, int number)
    {
        var (memory, clock) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
        var isRead = Reads(path, number);
        memory = GC.GetAllocatedBytesForCurrentThread() - memory;
        // A busy machine can stop the thread at any point: only what is slow three times is slow.
        for (var again = 0; clock.Elapsed > Longest && again < 3; again++)
        {
            clock.Restart();
            Reads(path, number);
        }

        Assert.True(clock.Elapsed <= Longest, $"case {number}: {clock.Elapsed}");
        Assert.True(memory <= MostMemory, $"case {number}: {memory} bytes allocated");
        return isRead;
    }

    private static bool Reads(string path, int number)
    {
        try
        {
            using var weights = StateDict.Open(path);
            // What opens must be safe to touch.
            foreach (var name in weights.Entries.Keys)
            {
                weights.Hash(name);
                weights.Statistics(name);
            }

            return true;
        }
        catch (Llm360Exception e)
        {
            // A terminal obeys control characters.
            Assert.DoesNotContain(e.What + e.Where, char.IsControl);
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            Assert.Fail($"case {number}: {e}");
            throw;
        }
    }
}
