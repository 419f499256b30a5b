// Makes TorchSharp's binding loadable with an older C++ runtime (Debian 12, Ubuntu 22.04).
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Marks the binding's requirement of GLIBCXX_3.4.32 as weak in a copy of the file.
/// </summary>
/// <remarks>
/// The binding names that version for one symbol, <c>_ZSt21ios_base_library_initv</c>, which no
/// relocation uses. With VER_FLG_WEAK set in the Elf64_Vernaux entry, the dynamic loader only warns
/// if the version is missing. See "Symbol Versioning" in the ELF gABI (sections of type
/// SHT_GNU_verneed).
/// </remarks>
internal static class GlibcxxPatch
{
    private const string Version = "GLIBCXX_3.4.32";
    private const uint SectionTypeVersionNeeded = 0x6ffffffe;
    private const ushort WeakFlag = 2;

    /// <summary>Writes the patched copy to the user's cache, once for each content.</summary>
    /// <returns>The copy's path; null if the file has no such requirement.</returns>
    public static string? TryWriteCopy(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (!MakeWeak(bytes))
            return null;
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        // The file keeps its name, because the loader must recognise it as the library that
        // TorchSharp requests.
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        var copy = Path.Combine(cache, "llm360", "libtorchsharp-" + hash, Path.GetFileName(path));
        if (!File.Exists(copy))
            AtomicFile.Write(copy, stream => stream.Write(bytes));
        return copy;
    }

    /// <summary>Sets the weak flag in place. Returns false if there is nothing to set.</summary>
    internal static bool MakeWeak(Span<byte> elf)
    {
        ReadOnlySpan<byte> magic = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (elf.Length < 64 || !elf[..6].SequenceEqual(magic))
            return false;
        var sectionTable = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
        int sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]);
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        var changed = false;
        for (var i = 0; i < sectionCount; i++)
        {
            var header = elf[(sectionTable + (i * sectionSize))..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != SectionTypeVersionNeeded)
                continue;
            var names = elf[(sectionTable + ((int)BinaryPrimitives.ReadUInt32LittleEndian(header[40..]) * sectionSize))..];
            var strings = (int)BinaryPrimitives.ReadUInt64LittleEndian(names[24..]);
            var need = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
            for (var files = BinaryPrimitives.ReadUInt32LittleEndian(header[44..]); files > 0; files--)
            {
                var versions = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]);
                var entry = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 8)..]);
                for (; versions > 0; versions--)
                {
                    var name = elf[(strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(entry + 8)..]))..];
                    if (name.Length > Version.Length && name[Version.Length] == 0
                        && name[..Version.Length].SequenceEqual(Encoding.ASCII.GetBytes(Version)))
                    {
                        var flags = BinaryPrimitives.ReadUInt16LittleEndian(elf[(entry + 4)..]);
                        BinaryPrimitives.WriteUInt16LittleEndian(elf[(entry + 4)..], (ushort)(flags | WeakFlag));
                        changed = true;
                    }

                    entry += (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(entry + 12)..]);
                }

                need += (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 12)..]);
            }
        }

        return changed;
    }
}
