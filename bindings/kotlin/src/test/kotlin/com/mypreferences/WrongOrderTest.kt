// What must not compile: a commit of a batch that nobody has sealed. The compiler is that of the build.

package com.mypreferences

import java.nio.file.Files
import java.nio.file.Path
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class WrongOrderTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `a landing and its seal compile`() {
        val (code, said) = compiled("client.commitLanded(client.land(export, out).sealed, keepFiles = false)")
        assertEquals(0, code, said)
    }

    @Test
    fun `a commit without a seal does not compile`() {
        assertRefused("client.commitLanded(export, keepFiles = false)", "argument type mismatch")
        assertRefused("client.commitLanded(out, keepFiles = false)", "argument type mismatch")
        assertRefused("client.commitLanded(client.land(export, out), keepFiles = false)", "argument type mismatch")
        assertRefused("client.commitLanded(null, keepFiles = false)", "null")
    }

    @Test
    fun `a seal cannot be made by hand`() {
        assertRefused("client.commitLanded(Sealed(TODO()), keepFiles = false)", "internal")
    }

    @Test
    fun `a commit that does not say what becomes of the files does not compile`() {
        assertRefused("client.commitLanded(client.land(export, out).sealed)", "keepFiles")
    }

    private fun assertRefused(expression: String, because: String) {
        val (code, said) = compiled(expression)
        assertTrue(code != 0, "it compiles: $expression")
        assertTrue(because in said, said)
    }

    private fun compiled(expression: String): Pair<Int, String> {
        val source = folder.resolve("Wrong.kt")
        Files.writeString(
            source,
            """
            import com.mypreferences.*
            suspend fun wrong(client: MyPreferencesClient, export: Export, out: java.nio.file.Path): Any? = $expression
            """.trimIndent(),
        )
        val paths = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val compiler = ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", "-cp", paths, "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib",
            "-no-reflect", "-cp", paths, "-d", folder.resolve("classes").toString(), source.toString(),
        ).redirectErrorStream(true).start()
        val said = compiler.inputStream.bufferedReader().readText()
        return compiler.waitFor() to said
    }
}
